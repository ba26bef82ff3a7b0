import { Command, CommanderError, Option } from "commander";
import { EXIT, UsageError } from "../errors.ts";
import type { Io } from "../system/io.ts";
import type { Register, Runner } from "./command.ts";
import { registerCall } from "./commands/call/command.ts";
import { registerConfig } from "./commands/config/command.ts";
import { registerCompletion } from "./commands/completion/command.ts";
import { registerDoctor } from "./commands/doctor/command.ts";
import { registerDownload } from "./commands/download/command.ts";
import { registerEnv } from "./commands/env/command.ts";
import { registerImport } from "./commands/import/command.ts";
import { registerInstall, registerUninstall } from "./commands/install/command.ts";
import { registerKeys } from "./commands/keys/command.ts";
import { registerList } from "./commands/list/command.ts";
import { registerLogin } from "./commands/login/command.ts";
import { registerLogout } from "./commands/logout/command.ts";
import { registerProfile } from "./commands/profile/command.ts";
import { registerMetrics } from "./commands/metrics/command.ts";
import { registerOpen } from "./commands/open/command.ts";
import { registerPublish } from "./commands/publish/command.ts";
import { registerRoots } from "./commands/roots/command.ts";
import { registerSetup } from "./commands/setup/command.ts";
import { registerShow } from "./commands/show/command.ts";
import { registerTools } from "./commands/tools/command.ts";
import { registerUpload } from "./commands/upload/command.ts";
import { registerUrl } from "./commands/url/command.ts";
import { registerUsage } from "./commands/usage/command.ts";
import { registerWhoami } from "./commands/whoami/command.ts";
import { registerHelp } from "./help/command.ts";
import { examplesOf, rootExamples } from "./help/examples.ts";
import { settingOptions } from "./input/setting-flags.ts";
import { formatItem } from "./help/item.ts";
import { columnsOf } from "./ui/columns.ts";
import { namedAs, programName } from "./ui/naming.ts";
import { createRunner } from "./run-command.ts";

/** The inputs of the command line. */
export interface ProgramInputs {
  bin: string;
  io: Io;
  /** The arguments after the program's name. */
  args: readonly string[];
  version: string;
}

/** The commands, grouped and ordered as in the help. */
const GROUPS: readonly (readonly [heading: string, commands: readonly Register[]])[] = [
  [
    "Images:",
    [
      registerUpload,
      registerImport,
      registerList,
      registerShow,
      registerOpen,
      registerDownload,
      registerPublish,
      registerUrl
    ]
  ],
  [
    "Account:",
    [
      registerLogin,
      registerLogout,
      registerWhoami,
      registerEnv,
      registerKeys,
      registerMetrics,
      registerUsage,
      registerProfile,
      registerConfig
    ]
  ],
  [
    "Agents:",
    [
      registerSetup,
      registerInstall,
      registerUninstall,
      registerMcp,
      registerTools,
      registerCall,
      registerRoots
    ]
  ],
  ["Other:", [registerDoctor, registerCompletion, registerHelp]]
];

/**
 * Parses the arguments, runs the command and returns its exit code.
 * @throws UsageError for invalid arguments; whatever the command throws
 */
export async function runProgram({ bin, io, args, version }: ProgramInputs): Promise<number> {
  const outcome: { code: number } = { code: EXIT.done };
  const name = programName(bin, io);
  const program = createProgram(name, version, createRunner(io, name, outcome), io);
  try {
    await program.parseAsync(withJsonFields(args), { from: "user" });
    return outcome.code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    // The command was missing, so commander has printed the help.
    if (error.code === "commander.help") return EXIT.usage;
    throw new UsageError(error.message.replace(/^error: /, ""), {
      hint: `Run \`${[name, ...namesIn(program, args), "--help"].join(" ")}\`.`,
      cause: error
    });
  }
}

/**
 * Decides whether the word after `--json` names fields or is an operand of the command: only a
 * comma-separated list counts as fields. A single field needs `--json=a`.
 */
function withJsonFields(args: readonly string[]): string[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return args.map((arg, index) => {
    if (arg !== "--json" || index >= end) return arg;
    const isFields = /^[a-z_]+(,[a-z_]+)+$/.test(args[index + 1] ?? "");
    return isFields ? arg : "--json=";
  });
}

/**
 * Builds the whole command line. Completion and the documentation are generated from it too.
 * @param name the name people type to start the program
 */
export function createProgram(
  name: string,
  version: string,
  run: Runner,
  io: Pick<Io, "stdout" | "stderr">
): Command {
  const program = new Command(name)
    .description("Upload images to Imgwire, from the terminal or through your coding agent.")
    .usage("<command> [options]")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => io.stdout.write(namedAs(name, text)),
      writeErr: (text) => io.stderr.write(namedAs(name, text)),
      outputError: () => undefined,
      getOutHelpWidth: () => columnsOf(io.stdout),
      getErrHelpWidth: () => columnsOf(io.stderr)
    })
    .exitOverride()
    .showHelpAfterError(false)
    .configureHelp({ formatItem })
    .addHelpText("after", () => rootExamples(columnsOf(io.stdout)));
  for (const option of globalOptions()) program.addOption(option.hideHelp());
  for (const [heading, commands] of GROUPS) {
    program.commandsGroup(heading);
    for (const register of commands) register(program, run);
  }
  for (const command of program.commands) if (command.commands.length > 0) command.helpCommand(false);
  for (const command of leaves(program)) finish(command, io);
  return program;
}

/** Adds what all commands have in common. */
function finish(command: Command, io: Pick<Io, "stdout">): void {
  // The server writes JSON-RPC to stdout anyway, and help is plain text.
  if (!["mcp", "help"].includes(command.name())) addJsonOptions(command);
  const hasFormats = command.options.some(({ long }) => long === "--copy");
  command.addHelpText("after", () => examplesOf(nameOf(command), columnsOf(io.stdout), hasFormats));
}

function addJsonOptions(command: Command): void {
  command
    .option("--json [fields]", "print JSON, or only these fields (a,b)")
    .addOption(new Option("--jq <expression>", "filter the JSON with jq").hideHelp())
    .addOption(
      new Option("--template <text>", "print a line for each record; {{.field}} inserts a field").hideHelp()
    );
}

function registerMcp(program: Command, run: Runner): void {
  program
    .command("mcp")
    .description("start the MCP server on stdin/stdout (your agent runs this; same as `imgwire-mcp`)")
    .action(run(async ({ deps }) => deps.serve()));
}

/** Options that every command accepts, before or after its name. */
function globalOptions(): Option[] {
  return [
    ...settingOptions(),
    new Option("-q, --quiet", "print the answer and errors only"),
    new Option("--verbose", "print debug messages (same as --log-level debug)")
  ];
}

/** The names of existing commands that the arguments start with. */
function namesIn(program: Command, [name, ...rest]: readonly string[]): readonly string[] {
  const command = program.commands.find((each) => each.name() === name);
  return command ? [command.name(), ...namesIn(command, rest)] : [];
}

/** A command's full name, without the program's. */
function nameOf(command: Command): string {
  const above = command.parent?.parent ? `${nameOf(command.parent)} ` : "";
  return above + command.name();
}

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}
