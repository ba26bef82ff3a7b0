import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bin } from "../program.ts";

/** The arguments of the measured commands, by command line. The last two contact the server. */
export const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "imgwire --version": ["--version"],
  "imgwire profile list": ["profile", "list"],
  "imgwire whoami --json": ["whoami", "--json"],
  "imgwire url": ["url", "c9d1f0de-4a54-4b0f-9a5e-3f0f9f6c7d10"]
};

/** Runs a command to its end. @returns how long it took, in milliseconds @throws Error if it fails */
export async function timeCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const started = performance.now();
  await promisify(execFile)(process.execPath, [bin("imgwire"), ...args], { env });
  return performance.now() - started;
}
