import { setTimeout as delay } from "node:timers/promises";

const MIN_GAP_MS = 50;
const MAX_GAP_MS = 2_000;

type Wait = (ms: number, value: undefined, options?: { signal: AbortSignal }) => Promise<unknown>;

/**
 * Keeps all requests to one server within its rate limit. After a refusal (429) all of them wait for the time
 * the server asks for, then start at intervals; the interval doubles with each refusal and shrinks with each
 * accepted request. Without a refusal nothing waits.
 */
export class RateLimiter {
  #gapMs = 0;
  /** When the next request may start. */
  #next = 0;
  #quietUntil = 0;
  #pauses = 0;
  readonly #wait: Wait;

  /** @param wait replaces the timer in tests */
  constructor(wait: Wait = delay) {
    this.#wait = wait;
  }

  /** Whether a request must call {@link turn} first. */
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
      const pauses = this.#pauses;
      await this.#wait(start - now, undefined, signal && { signal });
      // If there was another refusal meanwhile, queue again.
      if (pauses === this.#pauses) return;
    }
  }

  /** @param waitMs how long the server asks us to wait */
  refused(waitMs: number): void {
    const now = Date.now();
    // Requests that were in flight together are refused together; that counts once.
    if (now >= this.#quietUntil) this.#gapMs = Math.min(MAX_GAP_MS, Math.max(MIN_GAP_MS, this.#gapMs * 2));
    if (now + waitMs <= this.#quietUntil) return;
    this.#quietUntil = this.#next = now + waitMs;
    this.#pauses += 1;
  }

  accepted(): void {
    this.#gapMs = this.#gapMs < 1 ? 0 : this.#gapMs * 0.99;
  }
}
