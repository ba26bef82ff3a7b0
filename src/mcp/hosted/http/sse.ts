import { createParser } from "eventsource-parser";
import { ImgwireError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import { interrupted } from "./retry.ts";

/** The largest message taken from the hosted server, in bytes. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** What of a text/event-stream matters to MCP. */
export interface EventSink {
  /** The data of one event, with the id of the stream after it. */
  onData(data: string): void;
  onId(id: string): void;
  /** The wait before reconnecting that the server asks for, in milliseconds. */
  onRetry(ms: number): void;
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
 * Reads a body whole.
 * @throws ImgwireError `message_too_large` past the limit, `interrupted_call` when the connection is cut
 */
export async function readText(response: HttpResponse, limit = MAX_MESSAGE_BYTES): Promise<string> {
  try {
    return await readWhole(response, limit);
  } catch (error) {
    throw error instanceof ImgwireError ? error : interrupted(error);
  }
}

async function readWhole(response: HttpResponse, limit: number): Promise<string> {
  const length = Number(response.headers["content-length"]);
  if (length <= limit) return response.body.text();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > limit || length > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Reads a body as server-sent events until it ends, or until `enough` says that nothing more is wanted.
 * @throws ImgwireError `message_too_large` for an event past the limit; undici's errors when the connection is cut
 */
export async function readEvents(
  response: HttpResponse,
  sink: EventSink,
  enough: () => boolean = () => false,
  limit = MAX_MESSAGE_BYTES
): Promise<void> {
  let overflow = false;
  /** Bytes since the last event: the parser counts characters of data, but a short line takes more than it holds. */
  let pending = 0;
  const parser = createParser({
    maxBufferSize: limit,
    onEvent(event) {
      pending = 0;
      if (event.id !== undefined) sink.onId(event.id);
      if (event.data !== "") sink.onData(event.data);
    },
    onRetry: (ms) => sink.onRetry(ms),
    onError(error) {
      if (error.type === "max-buffer-size-exceeded") overflow = true;
    }
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    pending += chunk.length;
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (overflow || pending > limit) throw tooLarge();
    if (enough()) return;
    const wait = sink.ready();
    if (wait) await wait;
  }
}

function tooLarge(): ImgwireError {
  return new ImgwireError(
    "message_too_large",
    "The hosted server sent a message that is too large to pass on.",
    {
      hint: "Ask for less in one call."
    }
  );
}
