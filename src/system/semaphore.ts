/** Lets a number of callers through at a time; the others queue. */
export class Semaphore {
  #taken = 0;
  #queue: (() => void)[] = [];
  #watchers: (() => void)[] = [];

  constructor(private readonly width: number) {}

  /** Resolves when it's the caller's turn; undefined if it already is. Call {@link leave} afterwards. */
  enter(): Promise<void> | undefined {
    if (++this.#taken <= this.width) return undefined;
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  leave(): void {
    this.#taken--;
    this.#queue.shift()?.();
    if (this.#watchers.length > 0 && this.#queue.length === 0)
      for (const resolve of this.#watchers.splice(0)) resolve();
  }

  /** Resolves when the queue is empty; undefined if it is. */
  clear(): Promise<void> | undefined {
    if (this.#queue.length === 0) return undefined;
    return new Promise((resolve) => this.#watchers.push(resolve));
  }
}
