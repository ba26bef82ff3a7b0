import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { bin } from "../../scripts/program.ts";

export { bin, BROWSER, ROOT } from "../../scripts/program.ts";

/** How a run of one of the built programs ended. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

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
