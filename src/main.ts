import type { ParseArgsConfig } from "node:util";
import { version } from "../package.json";
import { SETTINGS } from "./config/definitions.ts";
import type { SettingFlags } from "./config/settings.ts";
import { createDeps } from "./deps.ts";
import { exitCodeOf, UsageError } from "./errors.ts";
import { flushed, type Io } from "./system/io.ts";

/** The two programs of the package. */
export type Bin = "imgwire" | "imgwire-mcp";

/** How long the server waits for an agent that has ended it to read the last answers; it may never do so. */
const FLUSH_MS = 300;

/**
 * Runs one of the programs to its end.
 *
 * `imgwire-mcp` without a subcommand, and `imgwire mcp`, are the stdio MCP server; they take this function's
 * short way, which loads next to nothing before the first answer. Everything else is the command line.
 * @returns the process exit code; the caller is the only one to exit
 */
export async function main(bin: Bin, io: Io): Promise<number> {
  const args = io.argv.slice(2);
  // That nobody reads what is said there is no reason to end; without a listener it would be one.
  io.stderr.on("error", () => undefined);
  const serving = serverArguments(bin, args);
  try {
    return serving ? await serve(io, serving) : await runCommand(bin, io, args);
  } catch (error) {
    const { printError } = await import("./cli/ui/output.ts");
    // While serving, stdout belongs to JSON-RPC.
    printError(io, !serving && args.includes("--json"), error);
    return exitCodeOf(error);
  } finally {
    const withinMs = serving ? FLUSH_MS : undefined;
    await Promise.all([flushed(io.stdout, withinMs), flushed(io.stderr, withinMs)]);
  }
}

/** The arguments of the stdio server, or undefined when something else was asked for. */
function serverArguments(bin: Bin, args: readonly string[]): readonly string[] | undefined {
  if (args.some((arg) => ["--help", "-h", "--version", "-V"].includes(arg))) return undefined;
  if (args[0] === "mcp") return args.slice(1);
  return bin === "imgwire-mcp" && (args[0] === undefined || args[0].startsWith("-")) ? args : undefined;
}

async function serve(io: Io, args: readonly string[]): Promise<number> {
  const deps = createDeps(io, await serverFlags(args));
  try {
    return await deps.serve();
  } finally {
    await deps.close();
  }
}

async function serverFlags(args: readonly string[]): Promise<SettingFlags> {
  if (args.length === 0) return {};
  const { parseArgs } = await import("node:util");
  const flagged = SETTINGS.filter((setting) => setting.flag !== undefined);
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const { flag, value, list } of flagged)
    options[flag ?? ""] = { type: value ? "string" : "boolean", multiple: list !== undefined };
  try {
    const parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
    const values = parsed.values as Record<string, string | boolean | string[] | undefined>;
    const given = flagged.map(({ key, flag }) => [key, values[flag ?? ""]] as const);
    return Object.fromEntries(given.filter(([, value]) => value !== undefined));
  } catch (error) {
    throw new UsageError((error as Error).message, { hint: "Run `imgwire-mcp --help`.", cause: error });
  }
}

async function runCommand(bin: Bin, io: Io, args: readonly string[]): Promise<number> {
  const { runProgram } = await import("./cli/program.ts");
  return runProgram({ bin, io, args, version });
}
