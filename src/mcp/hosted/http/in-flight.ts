import type { HostedCall } from "../../calls/hosted-call.ts";
import { nextId } from "../../calls/own-call.ts";
import type { Id } from "../../protocol/message.ts";
import { silent } from "./errors.ts";
import { Abort } from "./transport.ts";

/**
 * One request that was sent and not answered yet: how to stop it, and when something was last heard of it.
 */
export class InFlightRequest {
  readonly abort = new Abort();
  heard = Date.now();
  /** The session that it was made in, in the era that has sessions. */
  session: object | undefined;
  /** How many questions to the agent it waits for: meanwhile it isn't the server that is silent. */
  asking = 0;
  /** Given up because nothing was heard for too long. */
  expired = false;

  /** @param id the id under which it was sent */
  constructor(
    readonly call: HostedCall,
    readonly id: Id
  ) {}

  /** Whether nobody waits for the answer any more. */
  get isOver(): boolean {
    return !this.call.open || this.abort.aborted;
  }
}

/** The requests that are in flight, and the one clock that ends those of which nothing is heard. */
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

  /** @param id by which its answer is found; none where it is found by its exchange */
  begin(call: HostedCall, id: Id = nextId()): InFlightRequest {
    const request = new InFlightRequest(call, id);
    this.#requests.set(id, request);
    if (this.#clock === undefined) {
      this.#sweptAt = request.heard;
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
    // After a cancellation the agent may use its id again.
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

  /** Stops everything; the calls are failed with `error`. */
  stop(error: Error): void {
    for (const request of this.all()) this.#fail(request, error);
  }

  #sweep(): void {
    const now = Date.now();
    const jump = now - this.#sweptAt - this.#everyMs;
    this.#sweptAt = now;
    // If the machine has slept or its clock was set, that is no silence: what came meanwhile isn't read yet.
    if (Math.abs(jump) > this.#everyMs) for (const request of this.#requests.values()) request.heard = now;
    for (const request of this.all()) {
      if (request.asking > 0 || now - request.heard <= this.idleMs) continue;
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

/** Stops the clock of requests while they wait for the agent's answers. */
export async function whileAsking<T>(requests: readonly InFlightRequest[], answers: Promise<T>): Promise<T> {
  for (const request of requests) request.asking++;
  try {
    return await answers;
  } finally {
    for (const request of requests) {
      request.asking--;
      request.heard = Date.now();
    }
  }
}
