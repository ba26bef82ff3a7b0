import { createParser } from "eventsource-parser";
import { ImgwireError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import { collectAfter } from "../../../system/memory.ts";
import { countValues, quoteIds } from "../../protocol/json-text.ts";
import { classify, type Incoming } from "../../protocol/message.ts";
import { interrupted, tooLarge } from "./errors.ts";

/** The largest message taken from the hosted server, in bytes. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/**
 * The most values in one message: each takes some fifty bytes of memory, though "{}" is two bytes of text.
 */
const MAX_VALUES = 200_000;
/** A larger batch is not meant to be read. */
const MAX_BATCH = 1_000;
/** The longest wait before reconnecting that a server may ask for, in milliseconds. */
const MAX_RETRY_MS = 30_000;
/** What all bodies together may hold: small messages never wait, and an agent that doesn't read stops us. */
const MAX_SHARED_BYTES = 8 * 1024 * 1024;

/** What of a chunk of a text/event-stream matters to MCP. */
export interface StreamChunk {
  /** The data of each event. */
  data: string[];
  /** The last id of an event; undefined if no event has one. */
  lastEventId: string | undefined;
  /** The wait before reconnecting that the server asks for, in milliseconds, 30 seconds at most. */
  retryMs: number | undefined;
}

/** Whether an answer is a stream of events. */
export function isEventStream({ statusCode, headers }: HttpResponse): boolean {
  const field = headers["content-type"];
  const value = Array.isArray(field) ? field[0] : field;
  return statusCode === 200 && /^\s*text\/event-stream\s*(;|$)/i.test(value ?? "");
}

/**
 * Parses one message, or the batch that revision 2025-03-26 allows; nothing if the text is not JSON.
 * @throws ImgwireError `message_too_large` for a message of too many values
 */
export function parseMessages(written: string): Incoming[] {
  if (written.length > MAX_VALUES && countValues(written, MAX_VALUES) > MAX_VALUES) throw tooLarge();
  const text = quoteIds(written);
  let value: unknown;
  try {
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return [];
  }
  if (Array.isArray(value)) {
    if (value.length > MAX_BATCH) return [];
    return value.map((each) => classify(each, JSON.stringify(each)));
  }
  return [classify(value, oneLine(text))];
}

/**
 * A text on one line: written again it would lose digits and the order of its keys; a line break is only
 * space.
 */
function oneLine(text: string): string {
  return /[\r\n\uFEFF]/.test(text) ? text.replace(/^\uFEFF/, "").replace(/[\r\n]+/g, " ") : text;
}

/** Reads the bodies of answers, within limits that hold for one message and for all that are read at once. */
export class BodyReader {
  readonly #budget = new ByteBudget();

  /** @param ready asked after what was read has been handed on; reading goes on when it resolves */
  constructor(private readonly ready: () => Promise<void> | undefined) {}

  /**
   * Reads a body whole and hands it to `take`. Its bytes count until then.
   * @throws ImgwireError `message_too_large`; `interrupted_call` when the connection is cut; what `take`
   *   throws
   */
  async text<T>(response: HttpResponse, take: (text: string) => T): Promise<T> {
    const share: Share = { bytes: 0 };
    const admit = (bytes: number): Promise<void> | undefined => this.#budget.take(share, bytes);
    try {
      const text = await response.body.text(MAX_MESSAGE_BYTES, admit).catch((error: unknown) => {
        if (error instanceof RangeError) throw tooLarge();
        throw error instanceof ImgwireError ? error : interrupted(error);
      });
      const taken = take(text);
      await this.ready();
      return taken;
    } finally {
      this.#budget.release(share);
    }
  }

  /**
   * Reads a body as server-sent events, chunk by chunk as they arrive.
   * @throws ImgwireError `message_too_large` for an event past the limit; undici's errors when the connection
   *   is cut
   */
  async *events(response: HttpResponse): AsyncGenerator<StreamChunk, void> {
    let overflow = false;
    // Bytes since the last event: the parser counts characters of data only, however short the lines are.
    let pending = 0;
    let read = emptyChunk();
    const parser = createParser({
      maxBufferSize: MAX_MESSAGE_BYTES,
      onEvent({ id, data }) {
        pending = 0;
        if (id !== undefined) read.lastEventId = id;
        if (data !== "") read.data.push(data);
      },
      onRetry: (ms) => (read.retryMs = Math.min(ms, MAX_RETRY_MS)),
      onError: ({ type }) => (overflow ||= type === "max-buffer-size-exceeded")
    });
    const decoder = new TextDecoder();
    const share: Share = { bytes: 0 };
    try {
      for await (const chunk of response.body) {
        await this.#budget.take(share, chunk.length);
        pending += chunk.length;
        parser.feed(decoder.decode(chunk, { stream: true }));
        yield read;
        if (overflow || pending > MAX_MESSAGE_BYTES) throw tooLarge();
        await this.ready();
        this.#budget.release(share, pending);
        read = emptyChunk();
      }
    } finally {
      this.#budget.release(share);
    }
  }
}

function emptyChunk(): StreamChunk {
  return { data: [], lastEventId: undefined, retryMs: undefined };
}

/** What one body holds of the budget. */
interface Share {
  bytes: number;
}

/**
 * Bounds the bytes that are being read, over all bodies. Readers take what they read, and wait when the
 * budget is spent. One of them may exceed it, so that those who wait for each other's bytes don't wait
 * forever: large messages are read one at a time.
 */
class ByteBudget {
  #taken = 0;
  /** The share that may exceed the budget. */
  #exempt: Share | undefined;
  readonly #waiting: { share: Share; bytes: number; resolve: () => void }[] = [];

  /** Resolves when the reader may go on; undefined if it may at once. */
  take(share: Share, bytes: number): Promise<void> | undefined {
    if (this.#grant(share, bytes)) return undefined;
    return new Promise((resolve) => this.#waiting.push({ share, bytes, resolve }));
  }

  /** Gives back all of a share but `kept` bytes. */
  release(share: Share, kept = 0): void {
    const freed = share.bytes - kept;
    if (freed <= 0) return;
    share.bytes = kept;
    this.#taken -= freed;
    collectAfter(freed);
    if (this.#exempt === share && kept === 0) this.#exempt = undefined;
    for (let next = this.#waiting[0]; next && this.#grant(next.share, next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.resolve();
    }
  }

  #grant(share: Share, bytes: number): boolean {
    if (this.#exempt !== share && this.#taken + bytes > MAX_SHARED_BYTES) {
      if (this.#exempt) return false;
      this.#exempt = share;
    }
    this.#taken += bytes;
    share.bytes += bytes;
    return true;
  }
}
