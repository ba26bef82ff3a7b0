import { explain, ImgwireError } from "../../errors.ts";
import type { Headers, HostedCall, Progress } from "./hosted-call.ts";
import {
  type Era,
  type Id,
  INTERNAL_ERROR,
  type Notification,
  type Params,
  progressTokenOf,
  type Request,
  type Response,
  type RpcError
} from "../protocol/message.ts";
import type { InputRequests, InputResponses } from "../protocol/input-request.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";

/** The agent's side of a call, in the era the agent speaks. */
export interface AgentPort {
  readonly era: Era;
  /**
   * Returns the line that answers a call with a response; `from` is the era in which the response is written.
   */
  answer(call: Call, response: Response, raw: string | undefined, from: Era): string;
  /** Passes on a notification that belongs to a call, if the agent's era allows it. */
  notifyFor(call: Call, notification: Notification, raw: string): void;
  /**
   * Asks the agent for input, on behalf of a call if there is one. Aborting `signal` withdraws the requests.
   */
  ask(call: Call | undefined, requests: InputRequests, signal: AbortSignal): Promise<InputResponses>;
}

/** What a call needs from the bridge that owns it. */
export interface CallOwner {
  write(line: string): void;
  /** Ends the agent's wait for a request, with the line that answers it if there is one. */
  settled(call: Call, line?: string): void;
  /** Decides how to answer a call that has failed. */
  failed(call: Call, error: unknown): void;
}

/** Methods that are safe to repeat. Unknown methods count as unsafe. */
const READS =
  /^(ping|server\/discover|completion\/complete|logging\/setLevel|(tools|prompts|resources)\/(list|get|read|templates\/list|subscribe|unsubscribe))$/;

/** One of the agent's requests, from its line to its only answer. */
export class Call implements HostedCall {
  readonly era: Era;
  readonly repeatable: boolean;
  open = true;
  /** True while the agent is waiting for an answer to this request; the owner clears it. */
  pending = true;
  headers: Headers = {};
  /** How often the call was restarted after a sign-in. */
  restarts = 0;
  /** Adapts the hosted result before it is passed on; returns the same object if nothing has to change. */
  adapt: ((result: Params) => Params) | undefined;
  /** The request that the agent is waiting for: this one, or its latest retry. */
  #latest: Call = this;
  /** The call that this request is a retry of. */
  #retried: Call | undefined;
  #listeners: (() => void)[] = [];
  #progress = -1;
  /** Progress already reported before a restart, so that progress never goes backwards. */
  #progressBase = 0;
  /** The answer, if it came while the agent was not waiting. */
  #held: (() => void) | undefined;

  constructor(
    readonly request: Request,
    readonly raw: string,
    readonly client: ClientInfo,
    private readonly port: AgentPort,
    private readonly owner: CallOwner
  ) {
    this.era = port.era;
    this.repeatable = READS.test(request.method);
  }

  /** The id of the request that the agent is waiting for; a modern agent's retry has a new id. */
  get id(): Id {
    return this.#latest.request.id;
  }

  /** The token by which the agent asks for progress; undefined if it doesn't. */
  get progressToken(): Id | undefined {
    return progressTokenOf(this.#latest.request);
  }

  respond(response: Response, raw: string | undefined, from: Era): void {
    if (!this.open) return;
    if (!this.#latest.pending) return this.#hold(() => this.respond(response, raw, from));
    const adapted = response.result && this.adapt?.(response.result);
    const line =
      adapted === undefined || adapted === response.result
        ? this.port.answer(this.#latest, response, raw, from)
        : this.port.answer(this.#latest, { ...response, result: adapted }, undefined, from);
    this.#settle(line);
  }

  /** Answers with a result made here, in the legacy form, which is adapted to the agent's era. */
  result(result: Params): void {
    this.respond({ jsonrpc: "2.0", id: this.id, result }, undefined, "legacy");
  }

  error(error: RpcError): void {
    this.respond({ jsonrpc: "2.0", id: this.id, error }, undefined, this.era);
  }

  fail(error: unknown): void {
    if (!this.open) return;
    if (this.#latest.pending) this.owner.failed(this, error);
    else this.#hold(() => this.fail(error));
  }

  notify(notification: Notification, raw: string): void {
    if (this.open && this.#latest.pending) this.port.notifyFor(this.#latest, notification, raw);
  }

  /** Prepares the call for a restart after a sign-in. */
  prepareRestart(): void {
    this.restarts++;
    this.#progressBase = Math.max(0, this.#progress);
  }

  /** Reports progress made here, if the agent has asked for progress. */
  progress(progress: Progress): void {
    const { progressToken } = this;
    if (!this.open || !this.#latest.pending || progressToken === undefined) return;
    const { total } = progress;
    const done = this.#progressBase + progress.progress;
    if (done <= this.#progress) return;
    this.#progress = done;
    const sum = total !== undefined && { total: this.#progressBase + total };
    const params = { progressToken, ...progress, progress: done, ...sum };
    this.owner.write(JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params }));
  }

  /** Asks the agent for input. If the call is cancelled, the requests are withdrawn. */
  ask(requests: InputRequests, signal?: AbortSignal): Promise<InputResponses> {
    if (this.#retried) return this.#retried.ask(requests, signal);
    const withdrawn = new AbortController();
    const withdraw = (): void => withdrawn.abort();
    if (signal?.aborted) withdraw();
    signal?.addEventListener("abort", withdraw);
    this.onCancel(withdraw);
    return this.port.ask(this, requests, withdrawn.signal);
  }

  /** A modern agent makes retries itself. */
  askForRetry(requests: InputRequests): Promise<InputResponses | undefined> {
    return this.era === "modern" ? Promise.resolve(undefined) : this.ask(requests);
  }

  onCancel(listener: () => void): void {
    if (this.open) this.#listeners.push(listener);
    else listener();
  }

  /** Cancels the call: no answer is sent, and its cancel listeners run. */
  cancel(): void {
    if (!this.open) return;
    const listeners = this.#listeners;
    this.#settle();
    for (const listener of listeners) listener();
  }

  /** The request that the agent is waiting for. */
  get latest(): Call {
    return this.#latest;
  }

  /** Attaches the agent's retry, which receives this call's progress and answer from now on. */
  resume(retry: Call): void {
    retry.#retried = this;
    retry.onCancel(() => this.cancel());
    this.#latest = retry;
    this.#progress = -1;
    const held = this.#held;
    this.#held = undefined;
    held?.();
  }

  #hold(action: () => void): void {
    this.#held ??= action;
  }

  #settle(line?: string): void {
    this.open = false;
    this.#listeners = [];
    this.owner.settled(this.#latest, line);
  }
}

/** Converts an error of this program to a JSON-RPC error. */
export function rpcErrorOf(error: unknown): RpcError {
  const message = explain(error, "agent");
  if (!(error instanceof ImgwireError)) return { code: INTERNAL_ERROR, message };
  const hint = error.hintFor("agent");
  const data = { code: error.code, ...(hint && { hint }) };
  return { code: INTERNAL_ERROR, message, data };
}
