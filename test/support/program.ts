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

/** The program that stands in for a browser: follows redirects with cookies, clicks nothing. */
export const VISIT = join(ROOT, "sandbox/client/browser.js");

/** What a process of ours needs of this one's environment, and nothing more. */
export function baseEnv(extra: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? "",
    // No test asks the npm registry.
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
