import { createParser } from "eventsource-parser";
import { ImgwireError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import { countValues, quoteIds } from "../../protocol/json-text.ts";
import { classify, type Classified } from "../../protocol/message.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { interrupted, tooLarge } from "./errors.ts";

/** The largest message taken from the hosted server, in bytes. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/**
 * The most values in one message: each takes some fifty bytes of memory, though "{}" is only two bytes of
 * text.
 */
const MAX_VALUES = 200_000;
/** A larger batch is not meant to be read. */
const MAX_BATCH = 1_000;
/** The longest wait before reconnecting that a server may ask for, in milliseconds. */
const MAX_RETRY_MS = 30_000;

/**
 * A message from the hosted server beside its own text, which goes on unchanged if nothing needs changing.
 */
export interface Incoming {
  classified: Classified;
  raw: string;
}

/** What of a text/event-stream matters to MCP. */
export interface EventSink {
  /** Takes the data of one event. */
  onData(data: string): void;
  /** Takes the id of the stream after an event. */
  onId?(id: string): void;
  /** Takes the wait before reconnecting that the server asks for, in milliseconds, 30 seconds at most. */
  onRetry?(ms: number): void;
  /** Asked after every chunk: reading goes on when this resolves. */
  ready(): Promise<void> | undefined;
}

/** The media type of an answer, without parameters, in lower case. */
export function mediaType(response: HttpResponse): string {
  const field = response.headers["content-type"];
  const value = Array.isArray(field) ? field[0] : field;
  return (value ?? "").split(";", 1)[0]!.trim().toLowerCase();
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
    return value.map((each) => ({ classified: classify(each), raw: JSON.stringify(each) }));
  }
  const classified = classify(value);
  const isAsWritten = classified.kind === "invalid" || classified.message === value;
  // Written anew it would lose digits and the order of its keys; a line break in JSON is only space.
  return [{ classified, raw: isAsWritten ? oneLine(text) : JSON.stringify(classified.message) }];
}

function oneLine(text: string): string {
  return /[\r\n\uFEFF]/.test(text) ? text.replace(/^\uFEFF/, "").replace(/[\r\n]+/g, " ") : text;
}

/**
 * Reads a body whole and hands it to `take`. Its bytes count against the budget until that is done and
 * `ready` resolves.
 * @throws ImgwireError `message_too_large`; `interrupted_call` when the connection is cut; what `take` throws
 */
export async function readBody<T>(
  response: HttpResponse,
  budget: ByteBudget,
  take: (text: string) => T,
  ready: () => Promise<void> | undefined
): Promise<T> {
  const share = budget.open();
  try {
    const text = await readText(response, (bytes) => share.take(bytes));
    const taken = take(text);
    await ready();
    return taken;
  } finally {
    share.release();
  }
}

async function readText(
  response: HttpResponse,
  admit: (bytes: number) => Promise<void> | undefined
): Promise<string> {
  try {
    return await response.body.text(MAX_MESSAGE_BYTES, admit);
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw error instanceof ImgwireError ? error : interrupted(error);
  }
}

/**
 * Reads a body as server-sent events until it ends, or until `enough` says that nothing more is wanted.
 * @throws ImgwireError `message_too_large` for an event past the limit; undici's errors when the connection
 *   is cut
 */
export async function readEvents(
  response: HttpResponse,
  budget: ByteBudget,
  sink: EventSink,
  enough: () => boolean = () => false
): Promise<void> {
  let overflow = false;
  /**
   * Bytes since the last event: the parser counts characters of data, but a short line takes more than it
   * holds.
   */
  let pending = 0;
  const parser = createParser({
    maxBufferSize: MAX_MESSAGE_BYTES,
    onEvent(event) {
      pending = 0;
      if (event.id !== undefined) sink.onId?.(event.id);
      if (event.data !== "") sink.onData(event.data);
    },
    onRetry: (ms) => sink.onRetry?.(Math.min(ms, MAX_RETRY_MS)),
    onError(error) {
      if (error.type === "max-buffer-size-exceeded") overflow = true;
    }
  });
  const decoder = new TextDecoder();
  const share = budget.open();
  try {
    for await (const chunk of response.body) {
      await share.take(chunk.length);
      pending += chunk.length;
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (overflow || pending > MAX_MESSAGE_BYTES) throw tooLarge();
      if (enough()) return;
      await sink.ready();
      share.release(Math.min(pending, share.bytes));
    }
  } finally {
    share.release();
  }
}
