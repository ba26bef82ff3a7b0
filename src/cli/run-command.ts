import type { Command } from "commander";
import { createDeps, type Deps } from "../deps.ts";
import { DEFAULT_PROFILE } from "../auth/accounts.ts";
import { EXIT, InterruptedError, SIGN_IN_HINT, SignInNeededError, UsageError } from "../errors.ts";
import { rejectOnAbort } from "../system/abort.ts";
import { clipboardSequence, copyText, missingClipboard } from "../system/clipboard.ts";
import type { Io } from "../system/io.ts";
import type { Invocation, Run, Runner } from "./command.ts";
import { settingFlags } from "./input/setting-flags.ts";
import { createOutput, type OutputOptions } from "./ui/output.ts";
import { runByCi } from "./ui/reader.ts";

/** Options that every command has. */
interface SharedOptions extends Record<string, unknown> {
  json?: string | true;
  jq?: string;
  template?: string;
  quiet?: boolean;
  verbose?: boolean;
  copy?: true;
}

/**
 * Creates a runner that gives each command its dependencies, output and signal.
 * @param program the name to use in suggested command lines
 * @param outcome receives the exit code
 */
export function createRunner(io: Io, program: string, outcome: { code: number }): Runner {
  return <Options, Args extends unknown[]>(run: Run<Options, Args>) =>
    async (...given: [...Args, Options, Command]) => {
      const command = given.at(-1) as Command;
      const options: SharedOptions = command.optsWithGlobals();
      const args = given.slice(0, -2) as Args;
      const deps = createDeps(io, { ...logLevel(options), ...settingFlags(options) });
      const out = createOutput(io, { ...outputOptions(options), program });
      outcome.code = await interruptible(deps, async (signal) => {
        const invocation = { deps, out, signal };
        const sayUpdate = await watchForUpdate(invocation);
        try {
          const code = (await run(invocation, options as Options, ...args)) ?? EXIT.done;
          if (options.copy) await copyAnswer(invocation);
          return code;
        } catch (error) {
          throw await explained(invocation, error);
        } finally {
          await sayUpdate?.();
        }
      });
    };
}

/** Looks for a newer version, but only on a terminal; otherwise not even the code for it is loaded. */
async function watchForUpdate(invocation: Invocation): Promise<(() => Promise<void>) | undefined> {
  const { deps, out } = invocation;
  if (!out.terminal || !out.interactive || deps.settings.noUpdateNotifier) return undefined;
  return (await import("./update/notice.ts")).watchForUpdate(invocation);
}

/** Adds to an error what only the command line knows about its cause. */
async function explained(invocation: Invocation, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof UsageError) return error;
  if (error instanceof SignInNeededError) return error.with({ hint: signInHint(error, invocation.deps) });
  const { explainMissing } = await import("./commands/env/choose.ts");
  return explainMissing(invocation, error);
}

/** Words the hint to sign in for this user: a CI job needs a token, and another profile has to be named. */
function signInHint({ hint }: SignInNeededError, { io, settings: { profile } }: Deps): string | undefined {
  if (hint === SIGN_IN_HINT && runByCi(io)) return "In CI, set IMGWIRE_ACCESS_TOKEN to an access token.";
  if (profile === DEFAULT_PROFILE) return hint;
  return hint?.replace("`imgwire login`", `\`imgwire login --profile ${profile}\``);
}

/** Copies the answer to the clipboard, without the final line break. */
async function copyAnswer({ deps, out }: Invocation): Promise<void> {
  const text = out.answered().trimEnd();
  if (text === "") return;
  const { env, platform, stderr } = deps.io;
  if (await copyText(text, env, platform)) return out.note("Copied to the clipboard.");
  if (!out.interactive) return out.note(`Not copied: ${missingClipboard(env, platform)}`);
  stderr.write(clipboardSequence(text));
  out.note(
    "Sent to your terminal's clipboard. If it isn't there, your terminal doesn't allow this (OSC 52)."
  );
}

function outputOptions({ json, jq, template, quiet }: SharedOptions): OutputOptions {
  const fields =
    typeof json === "string" && json !== "" ? json.split(",").map((field) => field.trim()) : undefined;
  return {
    json: json !== undefined || jq !== undefined || template !== undefined,
    quiet: quiet === true,
    selection: {
      ...(fields && { fields }),
      ...(jq !== undefined && { jq }),
      ...(template !== undefined && { template })
    }
  };
}

function logLevel({ quiet, verbose }: SharedOptions): { logLevel?: string } {
  if (verbose) return { logLevel: "debug" };
  return quiet ? { logLevel: "error" } : {};
}

/** Runs a command that Ctrl-C can interrupt: its resources are closed and InterruptedError is thrown. */
async function interruptible(deps: Deps, action: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const interrupted = rejectOnAbort(controller.signal);
  const stop = (signal: NodeJS.Signals): void =>
    controller.abort(new InterruptedError(undefined, { cause: signal }));
  // The listeners stay until the end: if none is left, packages that clean up at exit kill the process.
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.on(name, stop);
  try {
    return await Promise.race([action(controller.signal), interrupted]);
  } finally {
    await deps.close();
    for (const name of signals) process.off(name, stop);
  }
}
