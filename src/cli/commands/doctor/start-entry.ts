import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Launch } from "../../../agents/launch.ts";
import { codeOf } from "../../../errors.ts";
import { redact, stripControls } from "../../../log.ts";
import { withTimeout } from "../../../system/timeout.ts";
import { killTree, spawnEntry } from "./spawn-entry.ts";

/** The result of starting an entry. */
export type Started = { tools: number; tookMs: number } | { problem: string };

/** How many characters of the server's stderr to read. */
const MAX_STDERR_CHARS = 4_000;
/** How long the server may take to exit after its input is closed. */
const LEAVE_TIMEOUT_MS = 2_000;

/** Starts a stdio server as an agent would, lists its tools and stops it. */
export async function startEntry(
  command: string,
  args: readonly string[],
  launch: Launch,
  signal: AbortSignal
): Promise<Started> {
  const startedAt = Date.now();
  const child = spawnEntry(command, args, launch);
  const stderr = tail(child);
  const ended = once(child, "close").catch((error: unknown) => error);
  const interrupt = (): void => killTree(child);
  signal.addEventListener("abort", interrupt);
  try {
    const late = (): never => {
      throw new Error(`it didn't answer within ${launch.timeoutMs / 1_000} seconds`);
    };
    const answered = Promise.race([askForTools(child, launch), lost(ended)]);
    const tools = await withTimeout(answered, launch.timeoutMs, late);
    return { tools, tookMs: Date.now() - startedAt };
  } catch (error) {
    const said = tellingLine(stripControls(redact(stderr())));
    return { problem: `${(error as Error).message}${said ? ` (stderr: ${said})` : ""}` };
  } finally {
    await end(child, ended);
    signal.removeEventListener("abort", interrupt);
  }
}

/**
 * Performs the handshake and lists the tools.
 * @throws an error that describes an invalid answer
 */
async function askForTools(child: ChildProcess, { initialize }: Launch): Promise<number> {
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error("it has no stdin or stdout");
  const send = (message: object): void =>
    void stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  stdin.on("error", () => undefined);
  send({ id: 0, method: "initialize", params: initialize });
  for await (const line of createInterface({ input: stdout })) {
    const { id, result, error } = parse(line);
    if (error) throw new Error(`it answered with an error: ${error.message}`);
    if (id === 0) {
      send({ method: "notifications/initialized" });
      send({ id: 1, method: "tools/list" });
    } else if (id === 1) {
      if (Array.isArray(result?.tools)) return result.tools.length;
      throw new Error("it listed no tools");
    }
  }
  // The promise that watches the process reports the reason.
  return new Promise(() => undefined);
}

interface Message {
  id?: unknown;
  result?: { tools?: unknown };
  error?: { message?: string };
}

function parse(line: string): Message {
  try {
    return JSON.parse(line) as Message;
  } catch {
    throw new Error(`it wrote something to stdout that isn't JSON-RPC: ${JSON.stringify(line.slice(0, 80))}`);
  }
}

async function lost(ended: Promise<unknown>): Promise<never> {
  const how = await ended;
  if (how instanceof Error) {
    const isMissing = codeOf(how) === "ENOENT";
    throw new Error(isMissing ? "its command wasn't found" : `it can't be started: ${how.message}`);
  }
  const [code, killedBy] = how as [number | null, string | null];
  throw new Error(`it ended with ${killedBy ?? `exit code ${code}`}`);
}

/** Picks the most informative line of stderr: the message of an uncaught error, otherwise the last line. */
function tellingLine(output: string): string | undefined {
  const lines = output.trim().split("\n");
  return lines.find((line) => /^(?:\w*Error\b|imgwire)/.test(line)) ?? lines.at(-1);
}

function tail(child: ChildProcess): () => string {
  let said = "";
  child.stderr
    ?.setEncoding("utf8")
    .on("data", (text: string) => (said = (said + text).slice(-MAX_STDERR_CHARS)));
  return () => said;
}

/** Closes the server's input; if it doesn't exit, kills it with all of its descendants. */
async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => killTree(child), LEAVE_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
