import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A JSON-RPC message, as parsed from a line. */
export type Message = Record<string, unknown> & {
  id?: string | number;
  method?: string;
  params?: Record<string, unknown>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read results of many shapes
  result?: Record<string, any>;
  error?: { code: number; message: string; data?: unknown };
};

/** How to start the program. */
export interface DriverOptions {
  command?: string;
  args: readonly string[];
  env?: Record<string, string>;
  cwd?: string;
}

/**
 * Drives a stdio MCP server line by line, as an agent would, without a client library in between: the output
 * is kept verbatim, and every response can be counted.
 */
export class StdioDriver {
  /** Every line of stdout, as written. */
  readonly lines: string[] = [];
  readonly messages: Message[] = [];
  stderr = "";
  readonly child: ChildProcess;
  /** The exit code, or the name of the signal that killed it. */
  readonly exited: Promise<number | string>;
  /** Answers the server's requests: returns the result, or undefined to leave a request unanswered. */
  onRequest: ((request: Message) => Record<string, unknown> | undefined) | undefined;
  #waiters: { matches: (message: Message) => boolean; resolve: (message: Message) => void }[] = [];
  #nextId = 0;

  constructor({ command = process.execPath, args, env, cwd }: DriverOptions) {
    this.child = spawn(command, [...args], {
      stdio: ["pipe", "pipe", "pipe"],
      cwd,
      env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env }
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.child.stdin!.on("error", () => undefined);
    createInterface({ input: this.child.stdout! }).on("line", (line) => this.#receive(line));
    this.exited = once(this.child, "close").then(
      ([code, signal]: unknown[]) => (code as number | null) ?? (signal as string)
    );
  }

  /** Writes a line as it is. */
  raw(line: string | Buffer): void {
    this.child.stdin!.write(line);
    this.child.stdin!.write("\n");
  }

  send(message: object): void {
    this.raw(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  /** Sends a request and resolves with its response, whether it succeeded or not. */
  async request(method: string, params?: object, id: string | number = ++this.#nextId): Promise<Message> {
    const answer = this.next((message) => message.id === id && message.method === undefined);
    this.send({ id, method, ...(params && { params }) });
    return answer;
  }

  async call(name: string, args: object = {}, meta?: object): Promise<Message> {
    return this.request("tools/call", { name, arguments: args, ...(meta && { _meta: meta }) });
  }

  /** Resolves with the next message that matches; earlier ones don't count. */
  next(matches: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve) => this.#waiters.push({ matches, resolve }));
  }

  notification(method: string): Promise<Message> {
    return this.next((message) => message.method === method && message.id === undefined);
  }

  /** Opens a connection as an agent of the legacy era. */
  async initialize(capabilities: object = {}, protocolVersion = "2025-11-25"): Promise<Message> {
    const clientInfo = { name: "driver", version: "1.0.0" };
    const answer = await this.request("initialize", { protocolVersion, capabilities, clientInfo });
    this.send({ method: "notifications/initialized" });
    return answer;
  }

  /** Closes stdin and resolves with the exit code. */
  async end(): Promise<number | string> {
    this.child.stdin!.end();
    return this.exited;
  }

  /** Kills it if it is still running; for `afterEach`. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.exited;
  }

  #receive(line: string): void {
    // A killed process may leave an incomplete line.
    if (this.child.killed && !line.endsWith("}")) return;
    this.lines.push(line);
    const message = JSON.parse(line) as Message;
    this.messages.push(message);
    if (message.method !== undefined && message.id !== undefined && this.onRequest) {
      const result = this.onRequest(message);
      if (result) this.send({ id: message.id, result });
    }
    const found = this.#waiters.filter((waiter) => waiter.matches(message));
    this.#waiters = this.#waiters.filter((waiter) => !found.includes(waiter));
    for (const waiter of found) waiter.resolve(message);
  }
}
