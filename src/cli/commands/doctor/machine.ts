import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { codeOf } from "../../../errors.ts";
import { readAccount } from "../../../auth/accounts.ts";
import { fileStore } from "../../../credentials/file.ts";
import { keychainName, probeKeychain } from "../../../credentials/keychain.ts";
import { keychainFault } from "../../../credentials/store.ts";
import { inspectSnapshots } from "../../../mcp/tools/snapshot.ts";
import { resolveRoots } from "../../../transfer/roots.ts";
import { type Check, type CheckContext, failure, pass, type CheckResult } from "./check.ts";
import { removeCached } from "./repair.ts";

const MIN_NODE = 20;

/** The checks of this machine, which need no network. */
export const MACHINE_CHECKS: readonly Check[] = [
  { id: "node", title: "Node.js", run: () => checkNode(process.versions.node) },
  { id: "config", title: "Configuration files", run: checkConfig },
  { id: "keychain", title: "Credential storage", run: checkStore },
  { id: "snapshot", title: "Tool cache", run: checkSnapshots },
  { id: "uploads", title: "Upload roots", run: checkRoots }
];

/** Checks the version of Node. */
export function checkNode(version: string): CheckResult {
  if (Number.parseInt(version) >= MIN_NODE) return pass(`Version ${version}.`);
  return {
    status: "fail",
    message: `Version ${version} is too old.`,
    fix: `Install Node ${MIN_NODE} or newer, then: imgwire install`
  };
}

function checkConfig({ deps }: CheckContext): CheckResult {
  const { warnings, projectFile } = deps.settings;
  if (warnings.length === 0)
    return pass(projectFile ? `Readable. ${projectFile} applies in this folder.` : "Readable.");
  return { status: "fail", message: warnings.join(" "), fix: "Fix the file, or remove it." };
}

async function checkStore(context: CheckContext): Promise<CheckResult> {
  const { settings, paths, io } = context.deps;
  if (settings.accessToken) return pass("Not needed: IMGWIRE_ACCESS_TOKEN is set.");
  const kept = readAccount(paths.state, settings.url.href)?.store;
  const choice = settings.tokenStore === "auto" ? (kept ?? "auto") : settings.tokenStore;
  if (choice === "memory") return pass("IMGWIRE_TOKEN_STORE is memory: each process signs in on its own.");
  if (choice === "file") return checkFileStore(join(paths.state, "tokens"));
  try {
    await probeKeychain(io);
    return pass(`${keychainName(io.platform)} works (wrote, read and deleted a test entry).`);
  } catch (error) {
    if (choice !== "auto" || keychainFault(error) !== "keychain_unavailable") return failure(error);
    const { message } = error as Error;
    return {
      status: "warn",
      message: `${message} Sign-ins will be stored in files that only you can read.`,
      fix: "Start a keychain, or accept files: export IMGWIRE_TOKEN_STORE=file"
    };
  }
}

async function checkFileStore(folder: string): Promise<CheckResult> {
  const store = fileStore(folder);
  const account = `probe-${randomUUID()}`;
  try {
    await store.write(account, account);
    const read = await store.read(account);
    await store.remove(account);
    if (read === account) return pass(`Files in ${folder} that only you can read.`);
    return { status: "fail", message: `${folder} doesn't return what was written there.`, fix: REPAIR };
  } catch (error) {
    const result = failure(error);
    return {
      ...result,
      fix: result.fix ?? `Make sure that you own the folder and can write to it: ls -ld ${folder}`
    };
  }
}

const REPAIR = "Check the disk, or store the sign-in elsewhere: export IMGWIRE_TOKEN_STORE=keychain";

async function checkSnapshots({ deps }: CheckContext): Promise<CheckResult> {
  const { cache } = deps.paths;
  try {
    await mkdir(cache, { recursive: true, mode: 0o700 });
    await access(cache, constants.W_OK);
  } catch (error) {
    const message = `Can't write to ${cache}: ${(error as Error).message}.`;
    return {
      status: "fail",
      message,
      fix: `Make sure that you own the folder and can write to it: ls -ld ${cache}`
    };
  }
  const { usable, damaged } = inspectSnapshots(cache);
  if (damaged.length > 0) {
    const fix = `Remove ${damaged.length === 1 ? "it" : "them"}: rm ${damaged.map(quoted).join(" ")}`;
    const message = `Damaged, or from another version: ${damaged.join(", ")}.`;
    return { status: "fail", message, fix, repair: removeCached(damaged) };
  }
  return pass(usable === 0 ? "Empty; filled when an agent first connects." : `${usable} cached.`);
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

async function checkRoots({ deps }: CheckContext): Promise<CheckResult> {
  const { settings, fileAccess, io } = deps;
  const unusable = await Promise.all((settings.uploadRoots ?? []).map(rootProblem));
  const problems = unusable.filter((problem) => problem !== undefined);
  if (problems.length > 0) {
    const fix = "Use folders that exist: --upload-root <folder>, or IMGWIRE_UPLOAD_ROOTS.";
    return { status: "fail", message: `${problems.join("; ")}.`, fix };
  }
  const roots = await resolveRoots({ ...fileAccess, cwd: io.cwd(), home: homedir(), clientRoots: [] });
  if (roots.length > 0) return pass(`Files may be uploaded from ${roots.join(", ")}.`);
  const fix = "Add one: --upload-root <folder>, or IMGWIRE_UPLOAD_ROOTS.";
  return { status: "warn", message: "None here, so nothing can be uploaded by path.", fix };
}

async function rootProblem(folder: string): Promise<string | undefined> {
  try {
    if (!(await stat(folder)).isDirectory()) return `${folder} is not a folder`;
    await access(folder, constants.R_OK);
    return undefined;
  } catch (error) {
    return `${folder} can't be read (${codeOf(error)})`;
  }
}
