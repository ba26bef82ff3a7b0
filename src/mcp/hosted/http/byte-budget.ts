import { collectAfter } from "../../../system/memory.ts";

/**
 * What all shares together may hold: small messages never wait, and an agent that reads nothing stops the
 * reading.
 */
const MAX_SHARED_BYTES = 8 * 1024 * 1024;

interface Waiting {
  share: Share;
  bytes: number;
  resolve: () => void;
}

/**
 * Bounds the bytes of messages under way, over all calls. Readers take what they read and wait when the
 * budget is spent. One of them may go beyond it, so that those who wait for each other's bytes never wait
 * forever: large messages are read one at a time.
 */
export class ByteBudget {
  #taken = 0;
  /** The share that may exceed the budget. */
  #exempt: Share | undefined;
  readonly #waiting: Waiting[] = [];

  constructor(private readonly maxBytes = MAX_SHARED_BYTES) {}

  /** Opens a share for one reader, who has to {@link Share.release} it. */
  open(): Share {
    return new Share(this);
  }

  /** Takes bytes for a share; resolves when it may go on, undefined when it may at once. */
  take(share: Share, bytes: number): Promise<void> | undefined {
    if (this.#grant(share, bytes)) return undefined;
    return new Promise((resolve) => this.#waiting.push({ share, bytes, resolve }));
  }

  /** Gives bytes of a share back. */
  give(share: Share, bytes: number): void {
    this.#taken -= bytes;
    collectAfter(bytes);
    if (this.#exempt === share && share.bytes === 0) this.#exempt = undefined;
    for (let next = this.#waiting[0]; next && this.#grant(next.share, next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.resolve();
    }
  }

  #grant(share: Share, bytes: number): boolean {
    if (this.#exempt !== share && this.#taken + bytes > this.maxBytes) {
      if (this.#exempt) return false;
      this.#exempt = share;
    }
    this.#taken += bytes;
    share.bytes += bytes;
    return true;
  }
}

/** What one reader holds of a {@link ByteBudget}. */
export class Share {
  bytes = 0;

  constructor(private readonly budget: ByteBudget) {}

  /** See {@link ByteBudget.take}. */
  take(bytes: number): Promise<void> | undefined {
    return this.budget.take(this, bytes);
  }

  /** Gives back all but `kept` bytes. */
  release(kept = 0): void {
    const freed = this.bytes - kept;
    if (freed <= 0) return;
    this.bytes = kept;
    this.budget.give(this, freed);
  }
}
