import type { Id, Request } from "../protocol/message.ts";

/** Requests that are under way at once, and the bytes of their texts; a larger one goes alone. */
const MAX_OPEN_REQUESTS = 512;
const MAX_OPEN_BYTES = 8 * 1024 * 1024;
/** Bytes of requests that may wait before the agent has to wait with more. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** What is answered at once, opens the connection, or stays open for good. */
const NEVER_WAITS = ["ping", "initialize", "server/discover", "subscriptions/listen"];

/**
 * Requests of the agent that have been read and not begun, in order. They wait as texts: a request under way
 * takes some twenty times as much memory, and an agent that asks without end must not fill it.
 */
export class RequestQueue {
  readonly #texts = new Map<Id, string>();
  #waitingBytes = 0;
  #open = 0;
  #openBytes = 0;
  #turn: NodeJS.Immediate | undefined;
  #room: (() => void)[] = [];

  /** @param begin begins a request that has waited, and tells of it by {@link opened} */
  constructor(private readonly begin: (text: string) => void) {}

  get size(): number {
    return this.#texts.size;
  }

  has(id: Id): boolean {
    return this.#texts.has(id);
  }

  /** Whether a request has to wait. */
  mustWait({ method }: Request, { length }: string): boolean {
    return !NEVER_WAITS.includes(method) && (this.size > 0 || !this.#fits(length));
  }

  add(id: Id, text: string): void {
    this.#texts.set(id, text);
    this.#waitingBytes += text.length;
  }

  /** Drops one; false if it doesn't wait. */
  delete(id: Id): boolean {
    const text = this.#texts.get(id);
    if (text === undefined) return false;
    this.#texts.delete(id);
    this.#waitingBytes -= text.length;
    if (this.#waitingBytes <= MAX_WAITING_BYTES) for (const resolve of this.#room.splice(0)) resolve();
    return true;
  }

  clear(): void {
    for (const id of [...this.#texts.keys()]) this.delete(id);
  }

  /** Resolves when more may be read; undefined when it may at once. */
  room(): Promise<void> | undefined {
    if (this.#waitingBytes <= MAX_WAITING_BYTES) return undefined;
    return new Promise((resolve) => this.#room.push(resolve));
  }

  opened({ length }: string): void {
    this.#open += 1;
    this.#openBytes += length;
  }

  closed({ length }: string): void {
    this.#open -= 1;
    this.#openBytes -= length;
    if (this.size > 0) this.#admitSoon();
  }

  #fits(length: number): boolean {
    if (this.#open === 0) return true;
    return this.#open < MAX_OPEN_REQUESTS && this.#openBytes + length <= MAX_OPEN_BYTES;
  }

  /** Begins those for which there is room, so many in a turn that others work in between. */
  #admit(): void {
    this.#turn = undefined;
    for (let begun = 0; begun < MAX_OPEN_REQUESTS; begun += 1) {
      const [next] = this.#texts;
      if (!next || !this.#fits(next[1].length)) return;
      this.delete(next[0]);
      this.begin(next[1]);
    }
    this.#admitSoon();
  }

  #admitSoon(): void {
    if (!this.#turn) this.#turn = setImmediate(() => this.#admit());
  }
}
