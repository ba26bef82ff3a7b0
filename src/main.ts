import { version } from "../package.json";
import { parseServerFlags } from "./config/server-flags.ts";
import { createDeps } from "./deps.ts";
import { EXIT, exitCodeOf, explain, InterruptedError, isReplaced } from "./errors.ts";
import { flushed, type Io, outlivingReaders } from "./system/io.ts";

/** The two programs of the package. */
export type Bin = "imgwire" | "imgwire-mcp";

/** How long the server waits for a departing agent to read the last answers. */
const FLUSH_TIMEOUT_MS = 300;

/**
 * Runs one of the programs to its end.
 *
 * `imgwire-mcp` without a subcommand and `imgwire mcp` run the stdio MCP server, which loads next to nothing
 * before its first answer. Everything else is the command line.
 * @returns the process exit code; only the caller exits
 */
export async function main(bin: Bin, given: Io): Promise<number> {
  const io = outlivingReaders(given);
  const args = io.argv.slice(2);
  const serving = serverArguments(bin, args);
  let interrupted = false;
  try {
    return serving ? await serve(io, serving) : await runCommand(bin, io, args);
  } catch (error) {
    interrupted = error instanceof InterruptedError && error.cause !== "SIGTERM";
    return await failed(bin, io, error, !serving && wantsJson(args));
  } finally {
    const timeoutMs = serving ? FLUSH_TIMEOUT_MS : undefined;
    await Promise.all([flushed(io.stdout, timeoutMs), flushed(io.stderr, timeoutMs)]);
    if (interrupted) await endBySignal(io);
  }
}

/**
 * Ends this process with SIGINT, as is usual for Ctrl-C, so that a shell loop or script around it stops too.
 */
async function endBySignal(io: Io): Promise<void> {
  if (io.platform === "win32" || io.pid === undefined) return;
  io.kill?.(io.pid, "SIGINT");
  // Give the signal time to arrive.
  await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Prints an error.
 * @param json false while serving, when stdout belongs to JSON-RPC
 * @returns the exit code
 */
async function failed(bin: Bin, io: Io, error: unknown, json: boolean): Promise<number> {
  // The reader has closed the pipe, as in `imgwire list | head`.
  if ((error as NodeJS.ErrnoException).code === "EPIPE") return EXIT.done;
  if (isReplaced(error)) {
    // The code that prints errors may be missing too.
    io.stderr.write(`${bin}: ${explain(error, "person")}\n`);
    return EXIT.failed;
  }
  const { printError } = await import("./cli/ui/error.ts");
  printError(io, bin, json, error);
  return exitCodeOf(error);
}

function wantsJson(args: readonly string[]): boolean {
  return args.some((arg) => /^--(json|jq|template)(=|$)/.test(arg));
}

const VERSION_FLAGS = ["--version", "-v", "-V"];

/** Returns the arguments of the stdio server; undefined if the command line is to run something else. */
function serverArguments(bin: Bin, args: readonly string[]): readonly string[] | undefined {
  if (args.some((arg) => ["--help", "-h", ...VERSION_FLAGS].includes(arg))) return undefined;
  if (args[0] === "mcp") return args.slice(1);
  return bin === "imgwire-mcp" && (args[0] === undefined || args[0].startsWith("-")) ? args : undefined;
}

async function serve(io: Io, args: readonly string[]): Promise<number> {
  if (!io.earlyStdio && io.stdin.isTTY) await greet(io);
  const deps = createDeps(io, await parseServerFlags(args));
  try {
    return await deps.serve();
  } finally {
    await deps.close();
  }
}

/** Tells a person who started the server in a terminal what it is. It would otherwise wait silently. */
async function greet(io: Io): Promise<void> {
  const { greeting } = await import("./cli/help/greeting.ts");
  io.stderr.write(`${greeting(version, io.stderr)}\n`);
}

async function runCommand(bin: Bin, io: Io, args: readonly string[]): Promise<number> {
  if (args.length === 1 && ["version", ...VERSION_FLAGS].includes(args[0] ?? "")) {
    io.stdout.write(`${version}\n`);
    return EXIT.done;
  }
  const { runProgram } = await import("./cli/program.ts");
  return runProgram({ bin, io, args, version });
}
