/** Lets so many through at once; more wait for their turn. */
export class Lane {
  #taken = 0;
  #queue: (() => void)[] = [];
  #watchers: (() => void)[] = [];

  constructor(private readonly width: number) {}

  /** Resolves when it is the caller's turn, who has to {@link leave}. */
  async enter(): Promise<void> {
    if (++this.#taken > this.width) await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  leave(): void {
    this.#taken--;
    this.#queue.shift()?.();
    if (this.#queue.length === 0) for (const resolve of this.#watchers.splice(0)) resolve();
  }

  /** Resolves when nobody waits any more; undefined when nobody does. */
  clear(): Promise<void> | undefined {
    if (this.#queue.length === 0) return undefined;
    return new Promise((resolve) => this.#watchers.push(resolve));
  }
}
