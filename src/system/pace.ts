import { setTimeout as delay } from "node:timers/promises";

const MIN_GAP_MS = 50;
const MAX_GAP_MS = 2_000;

type Wait = (ms: number, value: undefined, options?: { signal: AbortSignal }) => Promise<unknown>;

/**
 * Keeps all requests to one server within the rate that it allows. Once the server has refused one as too
 * many (429), all of them wait until it may be asked again and then follow each other at a distance, which
 * doubles with each refusal and shrinks with each request that is accepted. Without a refusal nothing waits.
 */
export class Pace {
  #gapMs = 0;
  /** When the next request may start. */
  #next = 0;
  #quietUntil = 0;
  #refusals = 0;
  readonly #wait: Wait;

  /** @param wait a timer of its own, for tests */
  constructor(wait: Wait = delay) {
    this.#wait = wait;
  }

  /** Whether a request that started now would have to wait for its turn, or count for the distance. */
  get holds(): boolean {
    return this.#gapMs > 0 || Date.now() < this.#next;
  }

  /** Resolves once a request may be sent. */
  async turn(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const now = Date.now();
      const start = Math.max(now, this.#next);
      this.#next = start + this.#gapMs;
      if (start === now) return;
      const refusals = this.#refusals;
      await this.#wait(start - now, undefined, signal && { signal });
      // After a refusal meanwhile everyone lines up again.
      if (refusals === this.#refusals) return;
    }
  }

  /** @param waitMs how long the server wants to be left alone */
  refused(waitMs: number): void {
    const now = Date.now();
    // Requests that were under way together are refused together: that is one refusal.
    if (now >= this.#quietUntil) this.#gapMs = Math.min(MAX_GAP_MS, Math.max(MIN_GAP_MS, this.#gapMs * 2));
    if (now + waitMs <= this.#quietUntil) return;
    this.#quietUntil = this.#next = now + waitMs;
    this.#refusals += 1;
  }

  accepted(): void {
    this.#gapMs = this.#gapMs < 1 ? 0 : this.#gapMs * 0.99;
  }
}
