import { Command, CommanderError } from "commander";
import { createDeps, type Deps } from "../deps.ts";
import { EXIT, InterruptedError, UsageError } from "../errors.ts";
import type { Io } from "../system/io.ts";
import {
  addJsonOption,
  addSettingOptions,
  settingFlags,
  type Register,
  type Run,
  type Runner
} from "./command.ts";
import { registerCompletion } from "./commands/completion/command.ts";
import { registerDoctor } from "./commands/doctor/command.ts";
import { registerEnv } from "./commands/env/command.ts";
import { examplesOf } from "./examples.ts";
import { registerInstall } from "./commands/install/command.ts";
import { registerLogin } from "./commands/login/command.ts";
import { registerLogout } from "./commands/logout/command.ts";
import { createOutput } from "./ui/output.ts";
import { registerDownload } from "./commands/download/command.ts";
import { registerUpload } from "./commands/upload/command.ts";
import { registerUrl } from "./commands/url/command.ts";
import { registerPublish } from "./commands/publish/command.ts";
import { registerTools } from "./commands/tools/command.ts";
import { registerWhoami } from "./commands/whoami/command.ts";

/** What the command line is run with. */
export interface ProgramInputs {
  bin: string;
  io: Io;
  /** Arguments after the program's name. */
  args: readonly string[];
  version: string;
}

/** The command families, in the order of the help text. */
const FAMILIES: readonly Register[] = [
  registerLogin,
  registerLogout,
  registerWhoami,
  registerUpload,
  registerDownload,
  registerPublish,
  registerUrl,
  registerEnv,
  registerTools,
  registerInstall,
  registerDoctor,
  registerCompletion
];

/**
 * Parses the arguments, runs the command they name and returns its exit code.
 * @throws UsageError for arguments that make no sense; whatever the command throws
 */
export async function runProgram({ bin, io, args, version }: ProgramInputs): Promise<number> {
  const outcome: { code: number } = { code: EXIT.done };
  const program = createProgram(bin, version, runner(io, outcome), io);
  try {
    await program.parseAsync([...args], { from: "user" });
    return outcome.code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === "commander.help")
      return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    throw new UsageError(error.message.replace(/^error: /, ""), {
      hint: `Run \`${[bin, ...namesIn(program, args), "--help"].join(" ")}\`.`,
      cause: error
    });
  }
}

/** Builds the whole command line; also what completion and the documentation are made from. */
export function createProgram(bin: string, version: string, run: Runner, io: Pick<Io, "stdout">): Command {
  const program = new Command(bin)
    .description("Imgwire for agents and people: sign in, upload, and run the local MCP server.")
    .version(version)
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => undefined })
    .exitOverride()
    .showHelpAfterError(false);
  program
    .command("mcp")
    .description("run the stdio MCP server (what agent configs start; the same as `imgwire-mcp`)")
    .action(run(async ({ deps }) => deps.serve()));
  for (const register of FAMILIES) register(program, run);
  for (const command of leaves(program)) {
    // What the server writes to stdout is JSON-RPC anyway.
    if (command.name() !== "mcp") addJsonOption(command);
    addSettingOptions(command);
    command.addHelpText("after", examplesOf(nameOf(command)));
  }
  return program;
}

/** The names of the commands that the arguments lead to, as far as there are such. */
function namesIn(program: Command, [name, ...rest]: readonly string[]): readonly string[] {
  const command = program.commands.find((each) => each.name() === name);
  return command ? [command.name(), ...namesIn(command, rest)] : [];
}

/** A command's name with those of the commands it belongs to, without the program's. */
function nameOf(command: Command): string {
  const above = command.parent?.parent ? `${nameOf(command.parent)} ` : "";
  return above + command.name();
}

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function runner(io: Io, outcome: { code: number }): Runner {
  return <Options, Args extends unknown[]>(run: Run<Options, Args>) =>
    async (...given: [...Args, Options, Command]) => {
      const command = given.at(-1) as Command;
      const options = command.opts();
      const args = given.slice(0, -2) as Args;
      const deps = createDeps(io, settingFlags(options));
      const out = createOutput(io, options["json"] === true);
      outcome.code = await interruptible(deps, async (signal) => {
        const code = await run({ deps, out, signal }, options as Options, ...args);
        return code ?? EXIT.done;
      });
    };
}

/** Runs a command so that Ctrl-C ends it: everything it holds is closed, and the exit code is 130. */
async function interruptible(deps: Deps, action: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new InterruptedError());
  const interrupted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason as Error), {
      once: true
    });
  });
  // They stay to the end: without a listener left, packages that clean up at exit take it that the signal is to kill.
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) process.on(name, stop);
  try {
    return await Promise.race([action(controller.signal), interrupted]);
  } finally {
    await deps.close();
    for (const name of signals) process.off(name, stop);
  }
}
