import type { HostedCall } from "../../calls/hosted-call.ts";
import { nextId } from "../../calls/own-call.ts";
import type { Id } from "../../protocol/message.ts";
import { silent } from "./errors.ts";
import { Abort } from "./transport.ts";

/** A request that has been sent but not answered: how to abort it, and when a message for it last arrived. */
export class InFlightRequest {
  readonly abort = new Abort();
  lastMessageAt = Date.now();
  /**
   * How many questions to the agent it is waiting for. Meanwhile, the server isn't expected to send anything.
   */
  openQuestions = 0;
  /** Abandoned because nothing arrived for too long. */
  expired = false;

  /** @param id the id under which it was sent */
  constructor(
    readonly call: HostedCall,
    readonly id: Id
  ) {}

  /** True once the caller no longer needs the answer. */
  get isOver(): boolean {
    return !this.call.open || this.abort.aborted;
  }
}

/** The requests in flight. One clock fails those that have gone silent. */
export class InFlightRequests {
  readonly #everyMs: number;
  readonly #requests = new Map<Id, InFlightRequest>();
  #clock: NodeJS.Timeout | undefined;
  #sweptAt = 0;
  #ended: (() => void)[] = [];

  /** @param idleMs how long a request may go without any message */
  constructor(private readonly idleMs: number) {
    this.#everyMs = Math.min(1_000, idleMs);
  }

  /** @param id the id by which its response is matched; omitted if the HTTP exchange matches it */
  begin(call: HostedCall, id: Id = nextId()): InFlightRequest {
    const request = new InFlightRequest(call, id);
    this.#requests.set(id, request);
    if (this.#clock === undefined) {
      this.#sweptAt = request.lastMessageAt;
      this.#clock = setInterval(() => this.#sweep(), this.#everyMs).unref();
    }
    return request;
  }

  /** The request with this id; undefined if there is none. */
  find(id: Id): InFlightRequest | undefined {
    return this.#requests.get(id);
  }

  /** All of them, oldest first. */
  all(): InFlightRequest[] {
    return [...this.#requests.values()];
  }

  end(request: InFlightRequest): void {
    // After a cancellation, the agent may have reused the id.
    if (this.#requests.get(request.id) === request) this.#requests.delete(request.id);
    if (this.#requests.size > 0) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
    for (const resolve of this.#ended.splice(0)) resolve();
  }

  /** Resolves when nothing is in flight. */
  ended(): Promise<void> {
    if (this.#requests.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#ended.push(resolve));
  }

  /** Aborts all requests and fails their calls with `error`. */
  stop(error: Error): void {
    for (const request of this.all()) this.#fail(request, error);
  }

  #sweep(): void {
    const now = Date.now();
    const jump = now - this.#sweptAt - this.#everyMs;
    this.#sweptAt = now;
    // If the machine slept or its clock was changed, the server may not have been silent: whatever arrived in
    // the meantime hasn't been read yet.
    if (Math.abs(jump) > this.#everyMs)
      for (const request of this.#requests.values()) request.lastMessageAt = now;
    for (const request of this.all()) {
      if (request.openQuestions > 0 || now - request.lastMessageAt <= this.idleMs) continue;
      request.expired = true;
      this.#fail(request, silent(this.idleMs));
    }
  }

  #fail(request: InFlightRequest, error: Error): void {
    this.end(request);
    request.call.fail(error);
    request.abort.abort();
  }
}

/** Pauses the idle clocks of requests until the agent's answers arrive. */
export async function whileAsking<T>(requests: readonly InFlightRequest[], answers: Promise<T>): Promise<T> {
  for (const request of requests) request.openQuestions++;
  try {
    return await answers;
  } finally {
    for (const request of requests) {
      request.openQuestions--;
      request.lastMessageAt = Date.now();
    }
  }
}
