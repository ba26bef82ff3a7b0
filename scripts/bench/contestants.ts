import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

interface Answer {
  id?: number;
  result?: { isError?: boolean };
}

/** @throws Error if a call failed, so that it isn't counted as a measurement */
function checkAnswer(answer: Answer, id: number): void {
  if (answer.id === id && answer.result && !answer.result.isError) return;
  throw new Error(`Call ${id} failed: ${JSON.stringify(answer)}`);
}

/** Anything that can be asked to call a tool. */
export interface Contestant {
  call(id: number): Promise<void>;
}

/** An MCP server on stdio, driven with as little overhead as possible. */
export class StdioContestant implements Contestant {
  readonly child: ChildProcess;
  #waiting = new Map<number, (answer: Answer) => void>();
  #rest = "";

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, [...args], { env, stdio: ["pipe", "pipe", "ignore"] });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => this.#receive(text));
  }

  async request(id: number, method: string, params: object): Promise<void> {
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.child.stdin!.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    checkAnswer(await answered, id);
  }

  async initialize(): Promise<void> {
    await this.request(0, "initialize", initializeParams);
    this.child.stdin!.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  }

  call(id: number): Promise<void> {
    return this.request(id, "tools/call", callParams);
  }

  /** The resident memory in megabytes. */
  rss(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** Closes stdin and resolves with the milliseconds until the process has exited. */
  async end(): Promise<number> {
    const gone = once(this.child, "exit");
    const started = performance.now();
    this.child.stdin!.end();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(timer);
    return performance.now() - started;
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const answer = JSON.parse(line) as Answer;
      if (answer.id === undefined) continue;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    }
  }
}

const initializeParams = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bench", version: "1.0.0" }
};
const callParams = { name: "echo", arguments: { text: "x".repeat(200) } };

/** A client in this process, using Node's fetch: the baseline for the others. */
export class DirectContestant implements Contestant {
  #session: string | undefined;

  constructor(private readonly url: string) {}

  async initialize(): Promise<void> {
    const response = await this.#post({ id: 0, method: "initialize", params: initializeParams });
    this.#session = response.headers.get("mcp-session-id") ?? undefined;
    await response.text();
    await (await this.#post({ method: "notifications/initialized" })).text();
  }

  async call(id: number): Promise<void> {
    const response = await this.#post({ id, method: "tools/call", params: callParams });
    const text = await response.text();
    const data = text.startsWith("{") ? text : /^data: (.+)$/m.exec(text)?.[1];
    checkAnswer(JSON.parse(data ?? "{}") as Answer, id);
  }

  #post(message: object): Promise<Response> {
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
      ...(this.#session && { "mcp-session-id": this.#session })
    };
    return fetch(this.url, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", ...message }) });
  }
}
