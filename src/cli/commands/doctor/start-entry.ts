import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Launch } from "../../../agents/launch.ts";
import { redact, stripControls } from "../../../log.ts";
import { withTimeout } from "../../../system/timeout.ts";

/** How a started entry did. */
export type Started = { tools: number; tookMs: number } | { problem: string };

/** Characters of what the server says on stderr that are worth showing. */
const STDERR_CHARS = 300;
/** Milliseconds from closing its input to the end by force. */
const LEAVE_MS = 2_000;

/** Starts a stdio server as an agent would, asks it for its tools and ends it again. */
export async function startEntry(
  command: string,
  args: readonly string[],
  launch: Launch,
  signal: AbortSignal
): Promise<Started> {
  const startedAt = Date.now();
  const { env, cwd } = launch;
  const child = spawn(command, [...args], {
    env,
    cwd,
    windowsHide: true,
    detached: process.platform !== "win32"
  });
  const stderr = tail(child);
  const ended = once(child, "close").catch((error: NodeJS.ErrnoException) => error);
  const interrupt = (): void => kill(child);
  signal.addEventListener("abort", interrupt);
  try {
    const tools = await withTimeout(
      Promise.race([askForTools(child, launch), lost(ended)]),
      launch.limitMs,
      () => {
        throw new Error(`it did not answer within ${launch.limitMs / 1_000} seconds`);
      }
    );
    return { tools, tookMs: Date.now() - startedAt };
  } catch (error) {
    const said = stripControls(redact(stderr())).trim().split("\n").at(-1);
    return { problem: `${(error as Error).message}${said ? ` (it said: ${said})` : ""}` };
  } finally {
    await end(child, ended);
    signal.removeEventListener("abort", interrupt);
  }
}

/** The handshake and the list, over lines of JSON on its stdin and stdout. Throws what is wrong with an answer. */
async function askForTools(child: ChildProcess, { hello }: Launch): Promise<number> {
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error("it has no stdin and stdout");
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
  // Whoever watches the process knows more about why.
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
    throw new Error(`it wrote something on stdout that is no JSON-RPC: ${JSON.stringify(line.slice(0, 80))}`);
  }
}

async function lost(ended: Promise<unknown>): Promise<never> {
  const how = await ended;
  if (how instanceof Error) {
    const { code } = how as NodeJS.ErrnoException;
    throw new Error(
      code === "ENOENT" ? "its command was not found" : `it could not be started: ${how.message}`
    );
  }
  const [code, killedBy] = how as [number | null, string | null];
  throw new Error(`it ended at once with ${killedBy ?? `exit code ${code}`}`);
}

function tail(child: ChildProcess): () => string {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-STDERR_CHARS)));
  return () => said;
}

/** Closes its input, and ends it, with whatever it has started, when it does not leave by itself. */
async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => kill(child), LEAVE_MS);
  await ended;
  clearTimeout(timer);
}

function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== "win32") process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has left meanwhile.
  }
}
