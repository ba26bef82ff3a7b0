import { parseServerFlags } from "../../../config/server-flags.ts";
import { createDeps } from "../../../deps.ts";
import type { Launch } from "../../../agents/launch.ts";
import type { CheckContext, CheckResult } from "./check.ts";
import { findingsOf } from "./findings.ts";

/** Matches the package's server on a command line: its file, or its name as npx accepts it. */
const SERVER = /(^|[\\/])imgwire-mcp(\.js)?(@[\w.-]+)?$/;

/**
 * Checks which server a started entry connects to if its settings differ from this command's. Starting it
 * proves little: a server lists its tools even if its URL is unreachable and nobody is signed in.
 * @returns undefined if nothing is wrong, or if the entry starts something other than this package
 */
export async function checkDestination(
  {
    command,
    args,
    launch,
    again
  }: { command: string; args: readonly string[]; launch: Launch; again: string },
  context: CheckContext
): Promise<CheckResult | undefined> {
  const line = [command, ...args];
  const at = line.findIndex((word) => SERVER.test(word));
  if (at < 0) return undefined;
  const { io, settings, paths } = context.deps;
  const flags = await parseServerFlags(line.slice(at + 1).filter((word) => word !== "mcp"));
  const deps = createDeps(
    { ...io, env: launch.env, cwd: () => launch.cwd },
    { ...flags, logLevel: "silent" }
  );
  try {
    const { url } = deps.settings;
    if (url.href === settings.url.href && deps.paths.state === paths.state) return undefined;
    const problem = await findingsOf(deps, context.signal)
      .contact()
      .then(
        () => undefined,
        (error: unknown) => (error as Error).message
      );
    if (problem) return { status: "fail", message: `It uses ${url.href}: ${problem}`, fix: `Run: ${again}` };
    const { signedIn } = await (await deps.session()).status();
    if (signedIn) return undefined;
    return {
      status: "warn",
      message: `It uses ${url.href} and ${deps.paths.state}, where you're not signed in.`,
      fix: `The first tool call signs you in. To use this command's settings instead: ${again}`
    };
  } finally {
    await deps.close();
  }
}
