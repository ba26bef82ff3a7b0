import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Launch } from "../../../agents/launch.ts";
import { redact, stripControls } from "../../../log.ts";
import { withTimeout } from "../../../system/timeout.ts";
import { killTree, spawnEntry } from "./spawn-entry.ts";

/** What came of starting an entry. */
export type Started = { tools: number; tookMs: number } | { problem: string };

/** How much of the server's stderr is read, in characters. */
const MAX_STDERR_CHARS = 4_000;
/** How long a server may take to end after its input was closed. */
const LEAVE_TIMEOUT_MS = 2_000;

/** Starts a stdio server as an agent would, asks for its tools and ends it. */
export async function startEntry(
  command: string,
  args: readonly string[],
  launch: Launch,
  signal: AbortSignal
): Promise<Started> {
  const startedAt = Date.now();
  const child = spawnEntry(command, args, launch);
  const stderr = tail(child);
  const ended = once(child, "close").catch((error: NodeJS.ErrnoException) => error);
  const interrupt = (): void => killTree(child);
  signal.addEventListener("abort", interrupt);
  try {
    const late = (): never => {
      throw new Error(`it didn't answer within ${launch.limitMs / 1_000} seconds`);
    };
    const answered = Promise.race([askForTools(child, launch), lost(ended)]);
    const tools = await withTimeout(answered, launch.limitMs, late);
    return { tools, tookMs: Date.now() - startedAt };
  } catch (error) {
    const said = tellingLine(stripControls(redact(stderr())));
    return { problem: `${(error as Error).message}${said ? ` (it said: ${said})` : ""}` };
  } finally {
    await end(child, ended);
    signal.removeEventListener("abort", interrupt);
  }
}

/** Does the handshake and lists the tools. @throws what is wrong with an answer */
async function askForTools(child: ChildProcess, { hello }: Launch): Promise<number> {
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error("it has no stdin or stdout");
  const send = (message: object): void =>
    void stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  stdin.on("error", () => undefined);
  send({ id: 0, method: "initialize", params: hello });
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
  // The promise that watches the process says why.
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
    const { code } = how as NodeJS.ErrnoException;
    throw new Error(code === "ENOENT" ? "its command wasn't found" : `it can't be started: ${how.message}`);
  }
  const [code, killedBy] = how as [number | null, string | null];
  throw new Error(`it ended with ${killedBy ?? `exit code ${code}`}`);
}

/** The line of an error output that says what went wrong: an uncaught error's own, else the last. */
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

/** Closes its input; kills it, with everything it started, if it doesn't end. */
async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => killTree(child), LEAVE_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
