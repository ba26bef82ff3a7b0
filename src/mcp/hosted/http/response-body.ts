import { createParser } from "eventsource-parser";
import { ImgwireError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import { firstValue } from "../../../system/header-field.ts";
import { collectAfter } from "../../../system/garbage-collection.ts";
import { countValues, quoteIds } from "../../protocol/json-text.ts";
import { classify, type Incoming } from "../../protocol/message.ts";
import { interrupted, tooLarge } from "./errors.ts";

/** The largest message accepted from the hosted server, in bytes. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/**
 * The most values in one message. Each takes about fifty bytes of memory, even one with two bytes of text,
 * such as "{}".
 */
const MAX_VALUES = 200_000;
/** The most messages in a batch; a larger batch is ignored. */
const MAX_BATCH = 1_000;
/** The longest wait before reconnecting that a server may ask for, in milliseconds. */
const MAX_RETRY_MS = 30_000;
/**
 * The most bytes held for all bodies together. If the agent stops reading, this limit is reached and we stop
 * reading too.
 */
const MAX_SHARED_BYTES = 8 * 1024 * 1024;

/** The parts of a text/event-stream chunk that MCP uses. */
export interface StreamChunk {
  /** The data of each event. */
  data: string[];
  /** The id of the last event that has one; undefined if none has. */
  lastEventId: string | undefined;
  /** The wait before reconnecting that the server asks for, in milliseconds, capped at 30 seconds. */
  retryMs: number | undefined;
}

/** Whether a response is a stream of server-sent events. */
export function isEventStream({ statusCode, headers }: HttpResponse): boolean {
  const type = firstValue(headers["content-type"]) ?? "";
  return statusCode === 200 && /^\s*text\/event-stream\s*(;|$)/i.test(type);
}

/**
 * Parses one message, or a batch as revision 2025-03-26 allows it. Returns no messages if the text isn't JSON
 * or the batch is too large.
 * @throws ImgwireError `message_too_large` if the text has too many values
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
 * Puts a JSON text on one line by replacing line breaks, which are only whitespace. Serializing the parsed
 * value instead could lose digits and the order of keys.
 */
function oneLine(text: string): string {
  return /[\r\n\uFEFF]/.test(text) ? text.replace(/^\uFEFF/, "").replace(/[\r\n]+/g, " ") : text;
}

/** Reads response bodies within two limits: one for each message, and one for all bodies being read. */
export class BodyReader {
  readonly #budget = new ByteBudget();

  /** @param ready called whenever data has been delivered; reading continues once its promise resolves */
  constructor(private readonly ready: () => Promise<void> | undefined) {}

  /**
   * Reads a whole body and passes it to `deliver`. Its bytes count towards the shared limit until the agent
   * is ready for more.
   * @throws ImgwireError `message_too_large`; `interrupted_call` when the connection is cut; what `deliver`
   *   throws
   */
  async text<T>(response: HttpResponse, deliver: (text: string) => T): Promise<T> {
    const share: Share = { bytes: 0 };
    const admit = (bytes: number): Promise<void> | undefined => this.#budget.take(share, bytes);
    try {
      const text = await response.body.text(MAX_MESSAGE_BYTES, admit).catch((error: unknown) => {
        if (error instanceof RangeError) throw tooLarge();
        throw error instanceof ImgwireError ? error : interrupted(error);
      });
      const delivered = deliver(text);
      await this.ready();
      return delivered;
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
    // Bytes since the last event. The parser's own limit counts characters of data only, so many short lines
    // could exceed it unnoticed.
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

/** One body's share of the budget. */
interface Share {
  bytes: number;
}

/**
 * Limits the bytes held by all bodies being read. Readers take what they read, and wait when the budget is
 * spent. One reader at a time may exceed it; otherwise readers of large messages could wait for each other
 * forever.
 */
class ByteBudget {
  #taken = 0;
  /** The share that may exceed the budget. */
  #exempt: Share | undefined;
  readonly #waiting: { share: Share; bytes: number; resolve: () => void }[] = [];

  /** Resolves when the reader may continue; undefined if it may continue immediately. */
  take(share: Share, bytes: number): Promise<void> | undefined {
    if (this.#grant(share, bytes)) return undefined;
    return new Promise((resolve) => this.#waiting.push({ share, bytes, resolve }));
  }

  /** Releases all but `kept` bytes of a share. */
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
