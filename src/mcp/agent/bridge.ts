import { explain } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { type AgentPort, Call, type CallOwner, rpcErrorOf } from "../calls/agent-call.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import {
  classify,
  type Era,
  type Id,
  INVALID_REQUEST,
  type Notification,
  PARSE_ERROR,
  type Request,
  type Response,
  type RpcError
} from "../protocol/message.ts";
import { eraOf } from "../protocol/revisions.ts";
import { RequestQueue } from "./request-queue.ts";
import type { Line, Stdio } from "./stdio.ts";

/** From so many pending calls on, answers are written in batches. */
const MIN_CALLS_FOR_BATCHES = 8;

/** Sees every request of the agent, in order, before Imgwire does. */
export interface Interceptor {
  /** Answers the call, now or later: true. Leaves it to the next one: false. */
  take?(call: Call): boolean;
  /** Takes over a call that has failed: true. An error is the answer otherwise. */
  rescue?(call: Call, error: unknown): boolean;
}

/** One era's way of speaking with the agent. */
export interface Agent extends AgentPort {
  /** Answers what only concerns the connection between the agent and this program: true. */
  take(call: Call): boolean;
  /** The client as last seen. */
  readonly client: ClientInfo;
  /** The client a request is made for. */
  clientOf(request: Request): ClientInfo;
  /** Takes the agent's answer to a question of ours; false when none with that id is open. */
  answered(response: Response): boolean;
  /** Takes a notification that is meant for this program: true. */
  notified(notification: Notification): boolean;
  /**
   * Passes on a notification of the hosted server that came outside any call's stream.
   * @param pending the calls it might belong to all the same
   */
  event(notification: Notification, raw: string | undefined, pending: readonly Call[]): void;
}

/** Where requests and notifications go that nobody here has taken. */
interface Next {
  send(call: Call): void;
  notify(notification: Notification, raw: string): void;
}

/** What the bridge is built of. */
export interface BridgeParts {
  stdio: Stdio;
  agents: Readonly<Record<Era, Agent>>;
  interceptors: readonly Interceptor[];
  next: Next;
  log: Log;
}

/**
 * Carries messages between the agent and whoever answers them, and sees to it that every request of the agent
 * is answered exactly once. Requests are found by the id they have now, and only in the direction they were
 * made.
 */
export class Bridge implements CallOwner {
  #calls = new Map<Id, Call>();
  readonly #queue = new RequestQueue((text) => this.#begin(JSON.parse(text) as Request, text));
  #era: Era = "legacy";
  #idle: (() => void) | undefined;

  constructor(private readonly parts: BridgeParts) {}

  /** The agent as it has last shown itself. */
  get agent(): Agent {
    return this.parts.agents[this.#era];
  }

  /**
   * Takes one line from the agent. @returns what resolves when there is room for more, where there is none
   */
  receive(line: Line): Promise<void> | undefined {
    this.#take(line);
    return this.#queue.room();
  }

  #take(line: Line): void {
    if ("refused" in line) {
      const message = `Parse error: the line is ${line.refused}.`;
      return this.#reject(undefined, { code: PARSE_ERROR, message });
    }
    let messages: [unknown, string][];
    try {
      messages = this.#read(line.text);
    } catch (error) {
      const reason = error instanceof RangeError ? "nested too deeply" : "not JSON";
      return this.#reject(undefined, { code: PARSE_ERROR, message: `Parse error: the line is ${reason}.` });
    }
    for (const [value, raw] of messages) this.#dispatch(value, raw);
  }

  /** Starts a call, or starts it over, from the first interceptor on. */
  start(call: Call): void {
    try {
      const { agents, interceptors, next } = this.parts;
      if (agents[call.era].take(call) || interceptors.some((each) => each.take?.(call))) return;
      next.send(call);
    } catch (error) {
      call.fail(error);
    }
  }

  write(line: string): void {
    this.parts.stdio.write(line, this.#calls.size > MIN_CALLS_FOR_BATCHES);
  }

  settled(call: Call): void {
    if (this.#calls.get(call.id) === call) {
      this.#calls.delete(call.id);
      this.#queue.closed(call.raw);
    }
    if (this.#idle && !this.#busy()) this.#idle();
  }

  replaced(call: Call, by: Call): void {
    this.#queue.closed(call.raw);
    this.#queue.opened(by.raw);
    this.#calls.set(call.id, by);
  }

  /**
   * A tool that failed says so in its result, where the model reads it; anything else is a JSON-RPC error.
   */
  failed(call: Call, error: unknown): void {
    if (this.parts.interceptors.some((each) => each.rescue?.(call, error))) return;
    this.parts.log.info(`${call.request.method} failed: ${explain(error, "agent")}`);
    if (call.request.method === "tools/call") {
      call.result({ content: [{ type: "text", text: explain(error, "agent") }], isError: true });
    } else {
      call.error(rpcErrorOf(error));
    }
  }

  /** Resolves when no call of the agent is pending, but for those that never end by themselves. */
  idle(): Promise<void> {
    if (!this.#busy()) return Promise.resolve();
    return new Promise((resolve) => (this.#idle = resolve));
  }

  /** Cancels whatever is pending: the agent is gone. */
  abandon(): void {
    this.#queue.clear();
    for (const call of [...this.#calls.values()]) call.cancel();
  }

  /** The pending calls, newest last. */
  pending(): Call[] {
    return [...this.#calls.values()];
  }

  #busy(): boolean {
    return (
      this.#queue.size > 0 || this.pending().some((call) => call.request.method !== "subscriptions/listen")
    );
  }

  /**
   * The messages of a line, each beside its own text. @throws SyntaxError; RangeError for what cannot be
   * written again
   */
  #read(text: string): [unknown, string][] {
    const value: unknown = JSON.parse(text);
    const isBatch = Array.isArray(value) && value.length > 0 && this.#batches();
    return isBatch ? value.map((each) => [each, JSON.stringify(each)]) : [[value, text]];
  }

  #dispatch(value: unknown, raw: string): void {
    const classified = classify(value);
    switch (classified.kind) {
      case "request":
        return this.#request(classified.message, textOf(classified.message, value, raw));
      case "notification":
        return this.#notification(classified.message, textOf(classified.message, value, raw));
      case "response": {
        const known = Object.values(this.parts.agents).some((agent) => agent.answered(classified.message));
        if (!known)
          this.parts.log.debug(`The agent answered a request that is not open: ${raw.slice(0, 200)}`);
        return;
      }
      case "error":
        return this.parts.log.debug(`The agent sent an error without an id: ${raw.slice(0, 200)}`);
      case "invalid": {
        const message = `Invalid request: ${classified.reason}.`;
        return this.#reject(classified.id, { code: INVALID_REQUEST, message });
      }
    }
  }

  #request(request: Request, raw: string): void {
    if (this.#calls.has(request.id) || this.#queue.has(request.id)) {
      const message = `Invalid request: the id ${JSON.stringify(request.id)} is already in use.`;
      // Answering under that id would end the call that has it.
      return this.#reject(undefined, { code: INVALID_REQUEST, message });
    }
    if (this.#queue.mustWait(request, raw)) this.#queue.add(request.id, raw);
    else this.#begin(request, raw);
  }

  #begin(request: Request, raw: string): void {
    this.#era = eraOf(request, this.#era);
    const call = new Call(request, raw, this.agent.clientOf(request), this.agent, this);
    this.#calls.set(request.id, call);
    this.#queue.opened(raw);
    this.start(call);
  }

  #notification(notification: Notification, raw: string): void {
    if (notification.method === "notifications/cancelled") {
      const id = notification.params?.["requestId"] as Id;
      if (this.#queue.delete(id)) return;
      // The hosted side is told by whoever carries the call.
      return this.#calls.get(id)?.cancel();
    }
    if (!this.agent.notified(notification)) this.parts.next.notify(notification, raw);
  }

  /** Revision 2025-03-26 alone has batches (basic/index, batching). */
  #batches(): boolean {
    return this.agent.client.protocolVersion === "2025-03-26";
  }

  #reject(id: Id | undefined, error: RpcError): void {
    this.parts.log.warn(error.message);
    this.write(JSON.stringify({ jsonrpc: "2.0", ...(id !== undefined && { id }), error }));
  }
}

/** The text of a message that goes on: as received, unless it was read without a member that is null. */
function textOf(message: object, value: unknown, raw: string): string {
  return message === value ? raw : JSON.stringify(message);
}
