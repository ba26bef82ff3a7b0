import type { EventEmitter } from "node:events";
import type { Dispatcher } from "undici";

/** A request whose content, like that of its answer, is messages: held in memory, not streamed to or from a file. */
export interface ExchangeOptions {
  method: "POST" | "GET" | "DELETE";
  headers: Record<string, string>;
  body?: string;
  /** Stops the exchange, before or after the head of the answer has come, with its event `abort`. */
  signal: EventEmitter & { readonly aborted: boolean };
}

/** The head of an answer, and its body as it comes in. */
export interface HttpResponse {
  statusCode: number;
  /** By name, in lower case. */
  headers: Record<string, string | string[] | undefined>;
  body: HttpBody;
}

/** A body, to be read once. Reading fails with undici's error when it is cut. */
export interface HttpBody extends AsyncIterable<Buffer> {
  /** All of it, as UTF-8. */
  text(): Promise<string>;
  /** Reads what is left, so that the connection can be used again; drops the connection where it is more than `limit` bytes. */
  dump(limit: number): Promise<void>;
}

/** Bytes of a body that are held for a reader who is slower than the server, before the server has to wait. */
const HELD_BYTES = 64 * 1024;
/** The same where the server cannot be made to wait: more ends the exchange. */
const MOST_HELD_BYTES = 32 * 1024 * 1024;

/**
 * Makes one request by undici's `dispatch`: without a stream object and an AbortSignal for each message, which cost more than
 * all else that is done for a call. A redirect is an answer like any other.
 * @throws undici's errors, before the head of the answer has come
 */
export function exchange(dispatcher: Dispatcher, url: URL, options: ExchangeOptions): Promise<HttpResponse> {
  const { signal, ...request } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(stopped());
    const handler = new Exchange(signal, resolve, reject);
    dispatcher.dispatch({ ...request, origin: url.origin, path: url.pathname + url.search }, handler);
  });
}

/** One exchange under way: undici's handler, and the body for whoever reads it. */
class Exchange implements Dispatcher.DispatchHandler, HttpBody {
  #controller: Dispatcher.DispatchController | undefined;
  #answered = false;
  #canWait = false;
  #held: Buffer[] = [];
  #size = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(
    private readonly signal: ExchangeOptions["signal"],
    private readonly resolve: (response: HttpResponse) => void,
    private readonly reject: (error: Error) => void
  ) {
    signal.once("abort", this.#stop);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.signal.aborted) controller.abort(stopped());
  }

  onResponseStart(_: unknown, statusCode: number, headers: HttpResponse["headers"]): void {
    // What comes before the answer itself (RFC 9110 section 15.2) means nothing here.
    if (statusCode < 200) return;
    this.#answered = true;
    this.#canWait = canWait(headers);
    this.resolve({ statusCode, headers, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#held.push(chunk);
    this.#size += chunk.length;
    if (this.#canWait && this.#size > HELD_BYTES) controller.pause();
    if (this.#size > MOST_HELD_BYTES)
      controller.abort(new Error("The server sends faster than can be read."));
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#finish(undefined);
  }

  onResponseError(_: unknown, error: Error): void {
    this.#finish(error);
    if (!this.#answered) this.reject(error);
  }

  async text(): Promise<string> {
    const chunks: Buffer[] = [];
    // Mostly all is there already: no generator is needed then.
    for (let chunk = this.#next(); chunk; chunk = this.#next()) chunks.push(chunk);
    if (!this.#ended || this.#error) for await (const chunk of this) chunks.push(chunk);
    return decode(chunks);
  }

  async dump(limit: number): Promise<void> {
    let size = 0;
    for await (const chunk of this) if ((size += chunk.length) > limit) return;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    try {
      for (;;) {
        const chunk = this.#next();
        if (chunk) yield chunk;
        else if (this.#error) throw this.#error;
        else if (this.#ended) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      if (!this.#ended) this.#stop();
    }
  }

  /** What has come and was not read yet; nothing more once the exchange has been stopped. */
  #next(): Buffer | undefined {
    if (this.signal.aborted) throw stopped();
    const chunk = this.#held.shift();
    this.#size -= chunk?.length ?? 0;
    if (this.#held.length === 0) this.#controller?.resume();
    return chunk;
  }

  #finish(error: Error | undefined): void {
    this.signal.off("abort", this.#stop);
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  readonly #stop = (): void => {
    if (this.#controller) this.#controller.abort(stopped());
    else this.reject(stopped());
  };
}

/**
 * Whether undici may stop reading for a while. On a connection that ends with its body it may not: should the end come
 * meanwhile, an assertion of its own ends the process (undici 7.30, `Parser.finish`).
 */
function canWait(headers: HttpResponse["headers"]): boolean {
  return "transfer-encoding" in headers && !/close/i.test(String(headers["connection"]));
}

function decode(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  const text = (chunks.length === 1 && first ? first : Buffer.concat(chunks)).toString("utf8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function stopped(): Error {
  return new Error("The request was stopped.");
}
