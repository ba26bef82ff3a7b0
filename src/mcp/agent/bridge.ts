import { explain } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { type AgentPort, Call, type CallOwner, rpcErrorOf } from "../calls/agent-call.ts";
import type { EnvironmentGate } from "../environment/gate.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import {
  classify,
  type Era,
  eraOf,
  type Id,
  type Incoming,
  INVALID_REQUEST,
  type Notification,
  PARSE_ERROR,
  type Request,
  type Response,
  type RpcError
} from "../protocol/message.ts";
import { RequestQueue } from "./request-queue.ts";
import type { Line, Stdio } from "./stdio.ts";

/** With more pending calls than this, answers are written in batches. */
const MIN_CALLS_FOR_BATCHES = 8;

/** Sees the agent's requests, in order, before they are sent to Imgwire. */
export interface Interceptor {
  /** The request methods that it sees. */
  readonly methods: ReadonlySet<string>;
  /** Returns true if it answers the call; false leaves it to the next interceptor. Errors fail the call. */
  take?(call: Call): boolean | Promise<boolean>;
  /** Returns true to take over a call that has failed; otherwise the call is answered with the error. */
  rescue?(call: Call, error: unknown): boolean;
}

/** The agent, through the protocol of one era. */
export interface Agent extends AgentPort {
  /**
   * Returns true to answer a call itself, because it concerns only the agent's connection to this program.
   */
  take(call: Call): boolean;
  /** The client, as it last described itself. */
  readonly client: ClientInfo;
  /** The client that a request comes from. */
  clientOf(request: Request): ClientInfo;
  /**
   * Handles the agent's response to one of our requests.
   * @returns false if no request with that id is open
   */
  handleResponse(response: Response): boolean;
  /** Handles a notification that is meant for this program. @returns false if it isn't */
  handleNotification(notification: Notification): boolean;
  /**
   * Passes on a notification that the hosted server sent outside any call's stream.
   * @param pending the calls that it may belong to
   */
  event(notification: Notification, raw: string | undefined, pending: readonly Call[]): void;
}

/** The parts of the bridge. */
export interface BridgeParts {
  stdio: Stdio;
  agents: Readonly<Record<Era, Agent>>;
  interceptors: readonly Interceptor[];
  /** Receives the requests and notifications that this program doesn't handle itself. */
  next: Pick<EnvironmentGate, "send" | "notify">;
  log: Log;
}

/**
 * Carries messages between the agent and whoever answers them, and makes sure that each of the agent's
 * requests is answered exactly once. Calls are looked up by their request's id. The ids of requests in the
 * other direction are kept separate.
 */
export class Bridge implements CallOwner {
  /** The agent, in the era that it spoke last. */
  agent: Agent;
  #calls = new Map<Id, Call>();
  readonly #queue = new RequestQueue((text) => this.#begin(JSON.parse(text) as Request, text));
  #idle: (() => void) | undefined;

  constructor(private readonly parts: BridgeParts) {
    this.agent = parts.agents.legacy;
  }

  /**
   * Handles one line from the agent.
   * @returns a promise that resolves when there is room for more; undefined if there already is
   */
  readonly receive = (line: Line): Promise<void> | undefined => {
    for (const message of this.#messages(line)) this.#dispatch(message);
    return this.#queue.room();
  };

  /** Starts or restarts a call at the first interceptor. */
  start(call: Call): void {
    try {
      if (!this.parts.agents[call.era].take(call)) this.#intercept(call, 0);
    } catch (error) {
      call.fail(error);
    }
  }

  write(line: string): void {
    this.parts.stdio.write(line, this.#calls.size > MIN_CALLS_FOR_BATCHES);
  }

  settled(call: Call, line?: string): void {
    call.pending = false;
    if (this.#calls.get(call.request.id) === call) {
      this.#calls.delete(call.request.id);
      this.#queue.closed(call.raw);
    }
    if (this.#idle && !this.#busy()) this.#idle();
    if (line !== undefined) this.write(line);
  }

  /**
   * Answers a failed call: a tool call with an `isError` result, which the model reads, and any other call
   * with a JSON-RPC error.
   */
  failed(call: Call, error: unknown): void {
    const { method } = call.request;
    if (this.parts.interceptors.some((each) => each.methods.has(method) && each.rescue?.(call, error)))
      return;
    this.parts.log.info(`${method} failed: ${explain(error, "agent")}`);
    if (method === "tools/call") {
      call.result({ content: [{ type: "text", text: explain(error, "agent") }], isError: true });
    } else {
      call.error(rpcErrorOf(error));
    }
  }

  /** Resolves when no call is pending, apart from those that stay open until they are cancelled. */
  idle(): Promise<void> {
    if (!this.#busy()) return Promise.resolve();
    return new Promise((resolve) => (this.#idle = resolve));
  }

  /** Cancels all pending calls, because the agent is gone. */
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
   * Parses a line into messages, each with its own text. If the line can't be parsed, tells the agent and
   * returns none.
   */
  #messages(line: Line): Incoming[] {
    let reason = "refused" in line ? line.refused : "not JSON";
    try {
      if ("text" in line) {
        const value: unknown = JSON.parse(line.text);
        // Only revision 2025-03-26 has batches (basic/index, batching).
        const isBatch = Array.isArray(value) && value.length > 0;
        if (!isBatch || this.agent.client.protocolVersion !== "2025-03-26")
          return [classify(value, line.text)];
        return value.map((each) => classify(each, JSON.stringify(each)));
      }
    } catch (error) {
      // A message in the batch can't be serialized.
      if (error instanceof RangeError) reason = "nested too deeply";
    }
    this.#reject(undefined, { code: PARSE_ERROR, message: `Parse error: the line is ${reason}.` });
    return [];
  }

  #dispatch(incoming: Incoming): void {
    const { raw } = incoming;
    switch (incoming.kind) {
      case "request":
        return this.#request(incoming.message, raw);
      case "notification":
        return this.#notification(incoming.message, raw);
      case "response": {
        const known = Object.values(this.parts.agents).some((agent) =>
          agent.handleResponse(incoming.message)
        );
        if (!known)
          this.parts.log.debug(`The agent answered a request that is not open: ${raw.slice(0, 200)}`);
        return;
      }
      case "error":
        return this.parts.log.debug(`The agent sent an error without an id: ${raw.slice(0, 200)}`);
      case "invalid": {
        const message = `Invalid request: ${incoming.reason}.`;
        return this.#reject(incoming.id, { code: INVALID_REQUEST, message });
      }
    }
  }

  #request(request: Request, raw: string): void {
    if (this.#calls.has(request.id) || this.#queue.has(request.id)) {
      const message = `Invalid request: the id ${JSON.stringify(request.id)} is already in use.`;
      // An answer with that id would end the call that is using it.
      return this.#reject(undefined, { code: INVALID_REQUEST, message });
    }
    if (this.#queue.admit(request, raw)) this.#begin(request, raw);
  }

  #begin(request: Request, raw: string): void {
    this.agent = this.parts.agents[eraOf(request, this.agent.era)];
    const call = new Call(request, raw, this.agent.clientOf(request), this.agent, this);
    this.#calls.set(request.id, call);
    this.start(call);
  }

  /**
   * Offers a call to the interceptors from index `from` on, and sends it to Imgwire if none of them answers
   * it.
   */
  #intercept(call: Call, from: number): void {
    const { interceptors, next } = this.parts;
    for (let at = from; at < interceptors.length; at++) {
      const each = interceptors[at]!;
      const taken = each.methods.has(call.request.method) && each.take?.(call);
      if (taken instanceof Promise) {
        const offered = taken.then((isTaken) => isTaken || this.#intercept(call, at + 1));
        return void offered.catch((error: unknown) => call.fail(error));
      }
      if (taken) return;
    }
    next.send(call);
  }

  #notification(notification: Notification, raw: string): void {
    if (notification.method === "notifications/cancelled") {
      const id = notification.params?.["requestId"] as Id;
      if (this.#queue.delete(id)) return;
      // The connection that carries the call informs the hosted server.
      return this.#calls.get(id)?.cancel();
    }
    if (!this.agent.handleNotification(notification)) this.parts.next.notify(notification, raw);
  }

  #reject(id: Id | undefined, error: RpcError): void {
    this.parts.log.warn(error.message);
    this.write(JSON.stringify({ jsonrpc: "2.0", ...(id !== undefined && { id }), error }));
  }
}
