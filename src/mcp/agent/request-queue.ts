import { collectAfter } from "../../system/memory.ts";
import type { Id, Request } from "../protocol/message.ts";

/** Most requests that are under way at once, and bytes of their texts; a larger one goes alone. */
const MAX_OPEN_REQUESTS = 512;
const MAX_OPEN_BYTES = 8 * 1024 * 1024;
/** Bytes of requests that may wait before the agent itself has to wait. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** What is answered at once, opens the connection, or stays open for good. */
const NEVER_WAITS = ["ping", "initialize", "server/discover", "subscriptions/listen"];

/**
 * Requests of the agent that have been read but not begun, in order. They wait as text: a request under way
 * takes some twenty times as much memory, and an agent that never stops asking must not fill it.
 */
export class RequestQueue {
  readonly #texts = new Map<Id, string>();
  #waitingBytes = 0;
  #open = 0;
  #openBytes = 0;
  #turn: NodeJS.Immediate | undefined;
  #room: (() => void)[] = [];

  /** @param begin begins a request that has waited */
  constructor(private readonly begin: (text: string) => void) {}

  get size(): number {
    return this.#texts.size;
  }

  has(id: Id): boolean {
    return this.#texts.has(id);
  }

  /** Lets a request begin: true. Has it wait where too many are open: false. */
  admit({ id, method }: Request, text: string): boolean {
    if (NEVER_WAITS.includes(method) || (this.#texts.size === 0 && this.#fits(text))) {
      this.opened(text);
      return true;
    }
    this.#texts.set(id, text);
    this.#waitingBytes += text.length;
    return false;
  }

  /** Drops a request that waits; false if none has this id. */
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

  /** Resolves when more may be read; undefined if it may at once. */
  room(): Promise<void> | undefined {
    if (this.#waitingBytes <= MAX_WAITING_BYTES) return undefined;
    return new Promise((resolve) => this.#room.push(resolve));
  }

  /** Counts a request as under way. */
  opened({ length }: string): void {
    this.#open += 1;
    this.#openBytes += length;
  }

  closed({ length }: string): void {
    this.#open -= 1;
    this.#openBytes -= length;
    collectAfter(length);
    if (this.#texts.size > 0) this.#admitSoon();
  }

  #fits({ length }: string): boolean {
    if (this.#open === 0) return true;
    return this.#open < MAX_OPEN_REQUESTS && this.#openBytes + length <= MAX_OPEN_BYTES;
  }

  /** Begins those for which there is room, but only so many per turn of the event loop. */
  #admitWaiting(): void {
    this.#turn = undefined;
    for (let begun = 0; begun < MAX_OPEN_REQUESTS; begun += 1) {
      const [next] = this.#texts;
      if (!next || !this.#fits(next[1])) return;
      this.delete(next[0]);
      this.opened(next[1]);
      this.begin(next[1]);
    }
    this.#admitSoon();
  }

  #admitSoon(): void {
    if (!this.#turn) this.#turn = setImmediate(() => this.#admitWaiting());
  }
}
