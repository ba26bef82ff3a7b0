const FLOOR_MS = 1_000;
const CEILING_MS = 30_000;

/** Decides when a stream that has ended is opened again: at most once a second, later while it keeps failing. */
export class Reconnect {
  /** The wait the server asked for, in milliseconds. */
  askedMs = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly connect: () => Promise<void>) {}

  /** Something was received: the failures before do not count any more. */
  heard(): void {
    this.#failures = 0;
  }

  /** @param failed whether the stream was cut, or could not be opened, rather than ended */
  later(failed: boolean): void {
    if (failed) this.#failures++;
    const backoff = FLOOR_MS * 2 ** Math.min(this.#failures, 5);
    const wait = Math.min(Math.max(FLOOR_MS, this.askedMs, this.#failures > 0 ? backoff : 0), CEILING_MS);
    this.#timer = setTimeout(() => void this.connect(), wait).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#failures = 0;
  }
}
