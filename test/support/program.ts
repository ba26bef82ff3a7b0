import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { join } from "node:path";

/** The repository's root folder. */
export const ROOT = join(import.meta.dirname, "../..");

/** How a run of one of the built programs ended. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The absolute path of a built program. */
export function bin(name: "imgwire" | "imgwire-mcp"): string {
  return join(ROOT, "bin", `${name}.js`);
}

/** A program in place of a browser: it follows redirects with cookies, and clicks nothing. */
export const VISIT = join(ROOT, "sandbox/client/browser.js");

/** The environment for one of our programs: only what it needs from this process's environment. */
export function baseEnv(extra: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? "",
    // No test contacts the npm registry.
    IMGWIRE_NO_UPDATE_NOTIFIER: "1",
    ...extra
  };
}

/** Runs the built command line to its end. */
export async function imgwire(
  args: string[],
  env: Record<string, string>,
  input = "",
  cwd?: string
): Promise<Outcome> {
  const child = spawn(process.execPath, [bin("imgwire"), ...args], { env, cwd });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}
