import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** The repository's root folder. */
export const ROOT = join(import.meta.dirname, "..");

/** A stand-in for a browser that follows redirects with cookies and clicks nothing. */
export const BROWSER = join(ROOT, "sandbox/client/browser.js");

/** Returns the absolute path of a built program. */
export function bin(name: "imgwire" | "imgwire-mcp"): string {
  return join(ROOT, "bin", `${name}.js`);
}

/** Whether a program is on the `PATH`. */
export function isOnPath(program: string): boolean {
  return spawnSync("which", [program]).status === 0;
}

/** The arguments for npm to install packages into a folder without running their scripts. */
export function npmInstall(folder: string, packages: readonly string[]): string[] {
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--force"];
  return ["install", "--prefix", folder, ...flags, ...packages];
}

/** The npm package with the binary of a version of Node for this platform. */
export function nodePackage(version: string | number): { name: string; source: string } {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  return { name, source: `${name}@${version}` };
}

/** Runs the built command line until it exits. */
export async function imgwire(
  args: string[],
  env: Record<string, string>
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [bin("imgwire"), ...args], {
    env,
    stdio: ["ignore", "ignore", "pipe"]
  });
  const [stderr] = await Promise.all([text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stderr };
}
