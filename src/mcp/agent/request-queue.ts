import { collectAfter } from "../../system/garbage-collection.ts";
import type { Id, Request } from "../protocol/message.ts";

/**
 * The most requests in progress at the same time, and the most bytes of their texts. A larger request runs
 * alone.
 */
const MAX_OPEN_REQUESTS = 512;
const MAX_OPEN_BYTES = 8 * 1024 * 1024;
/** How many bytes of requests may be queued before we stop reading from the agent. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** Methods that are answered immediately, open the connection, or stay open until cancelled. */
const NEVER_WAITS = ["ping", "initialize", "server/discover", "subscriptions/listen"];

/**
 * The agent's requests that have been read but not started, in order. They are kept as text, because a
 * request in progress takes about twenty times as much memory, and an agent that keeps sending must not
 * exhaust it.
 */
export class RequestQueue {
  readonly #texts = new Map<Id, string>();
  #waitingBytes = 0;
  #open = 0;
  #openBytes = 0;
  #turn: NodeJS.Immediate | undefined;
  #room: (() => void)[] = [];

  /** @param begin starts a request that was queued */
  constructor(private readonly begin: (text: string) => void) {}

  get size(): number {
    return this.#texts.size;
  }

  has(id: Id): boolean {
    return this.#texts.has(id);
  }

  /** Returns true if a request may start now. Otherwise queues it, and returns false. */
  admit({ id, method }: Request, text: string): boolean {
    if (NEVER_WAITS.includes(method) || (this.#texts.size === 0 && this.#fits(text))) {
      this.opened(text);
      return true;
    }
    this.#texts.set(id, text);
    this.#waitingBytes += text.length;
    return false;
  }

  /** Removes a queued request. @returns false if none has this id */
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

  /** Resolves when more may be read; undefined if it already may. */
  room(): Promise<void> | undefined {
    if (this.#waitingBytes <= MAX_WAITING_BYTES) return undefined;
    return new Promise((resolve) => this.#room.push(resolve));
  }

  /** Counts a request as in progress. */
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

  /** Starts queued requests while there is room, but only so many per turn of the event loop. */
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
