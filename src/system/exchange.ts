import type { EventEmitter } from "node:events";
import type { Dispatcher } from "undici";
import type { HeaderField } from "./header-field.ts";

/** A request whose body and response are messages: held in memory, not streamed to or from a file. */
export interface ExchangeOptions {
  method: "POST" | "GET" | "DELETE";
  headers: Record<string, string>;
  body?: string;
  /** Its event `abort` stops the exchange, before or after the response headers. */
  signal: EventEmitter & { readonly aborted: boolean };
}

/** Status and headers of a response, and its body as it arrives. */
export interface HttpResponse {
  statusCode: number;
  /** By name, in lower case. */
  headers: Record<string, HeaderField>;
  body: HttpBody;
}

/** A response body, which can be read once. Reading fails with undici's error if the connection is cut. */
export interface HttpBody extends AsyncIterable<Buffer> {
  /**
   * The whole body as UTF-8, without a byte order mark.
   * @param maxBytes the most that is read
   * @param admit called before each chunk is kept; reading continues once its result resolves
   * @throws RangeError if the body is longer
   */
  text(maxBytes: number, admit?: (bytes: number) => Promise<void> | undefined): Promise<string>;
  /**
   * Discards the rest so that the connection can be reused; drops the connection if it is more than
   * `maxBytes`.
   */
  dump(maxBytes: number): Promise<void>;
}

/** Bytes buffered for a slow reader before the server has to wait. */
const MAX_BUFFERED_BYTES = 64 * 1024;
/** Bytes buffered in total for servers that can't be made to wait; more than this ends the exchange. */
const MAX_TOTAL_BUFFERED_BYTES = 32 * 1024 * 1024;

/** The bytes buffered for servers that can't be made to wait. */
const unpausable = { bytes: 0 };

/**
 * Makes one request with undici's `dispatch`. This avoids a stream and an AbortSignal per message, which cost
 * more than everything else in a call. Redirects are returned like any other response.
 * @throws undici's errors, before the response headers have arrived
 */
export function exchange(dispatcher: Dispatcher, url: URL, options: ExchangeOptions): Promise<HttpResponse> {
  const { signal, ...request } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(stopped());
    const handler = new Exchange(signal, resolve, reject);
    dispatcher.dispatch({ ...request, origin: url.origin, path: url.pathname + url.search }, handler);
  });
}

/** One exchange: undici's handler on one side, the body for its reader on the other. */
class Exchange implements Dispatcher.DispatchHandler, HttpBody {
  #controller: Dispatcher.DispatchController | undefined;
  #answered = false;
  #canWait = false;
  #buffered: Buffer[] = [];
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
    // Ignore informational responses (RFC 9110 section 15.2).
    if (statusCode < 200) return;
    this.#answered = true;
    this.#canWait = canWait(headers);
    const codings = contentCodings(headers);
    const body = codings.length === 0 ? this : new DecodedBody(this, codings);
    this.resolve({ statusCode, headers, body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#buffered.push(chunk);
    this.#count(chunk.length);
    if (this.#canWait && this.#size > MAX_BUFFERED_BYTES) controller.pause();
    else if (!this.#canWait && unpausable.bytes > MAX_TOTAL_BUFFERED_BYTES)
      controller.abort(new Error("The server sends data faster than it can be read."));
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#finish(undefined);
  }

  onResponseError(_: unknown, error: Error): void {
    this.#finish(error);
    if (!this.#answered) this.reject(error);
  }

  async text(maxBytes: number, admit?: (bytes: number) => Promise<void> | undefined): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    // Usually the whole body has arrived already, so no generator is needed.
    for (let chunk = this.#next(); chunk; chunk = this.#next()) {
      if ((size += chunk.length) > maxBytes) throw this.#tooLong(maxBytes);
      const wait = admit?.(chunk.length);
      if (wait) await wait;
      chunks.push(chunk);
    }
    if (this.#ended && !this.#error) return decode(chunks);
    return readText(this, maxBytes, admit, chunks);
  }

  async dump(maxBytes: number): Promise<void> {
    let size = 0;
    for await (const chunk of this) if ((size += chunk.length) > maxBytes) return;
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
      this.#drop();
    }
  }

  /** The next unread chunk; throws once the exchange has been stopped. */
  #next(): Buffer | undefined {
    if (this.signal.aborted) throw stopped();
    const chunk = this.#buffered.shift();
    if (chunk) this.#count(-chunk.length);
    if (this.#buffered.length === 0) this.#controller?.resume();
    return chunk;
  }

  #count(bytes: number): void {
    this.#size += bytes;
    if (!this.#canWait) unpausable.bytes += bytes;
  }

  #tooLong(maxBytes: number): RangeError {
    this.#stop();
    this.#drop();
    return tooLong(maxBytes);
  }

  /** Drops the chunks that nobody will read. */
  #drop(): void {
    this.#buffered = [];
    this.#count(-this.#size);
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
 * Whether undici may pause reading. It must not on a connection that ends with its body: if the end arrives
 * while paused, a failed assertion in undici ends the process (undici 7.30, `Parser.finish`). Which
 * connections those are depends on the HTTP version, which isn't known here, and on headers with many
 * spellings. So only the one certain case is allowed: `Connection: keep-alive`, and a body that marks its own
 * end.
 */
function canWait(headers: HttpResponse["headers"]): boolean {
  const isKeptAlive = isExactly(headers["connection"], "keep-alive") && !("proxy-connection" in headers);
  if (!isKeptAlive || "upgrade" in headers) return false;
  const coding = headers["transfer-encoding"];
  return coding === undefined ? "content-length" in headers : isExactly(coding, "chunked");
}

function isExactly(field: HeaderField, value: string): boolean {
  return typeof field === "string" && field.trim().toLowerCase() === value;
}

/** The content codings in the order they were applied (RFC 9110 section 8.4), without `identity`. */
function contentCodings(headers: HttpResponse["headers"]): string[] {
  const field = headers["content-encoding"];
  if (field === undefined) return [];
  const codings = String(field)
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim());
  return codings.filter((coding) => coding !== "" && coding !== "identity");
}

/** A body in a content coding. We request none, but some servers and proxies compress everything. */
class DecodedBody implements HttpBody {
  constructor(
    private readonly encoded: HttpBody,
    private readonly codings: readonly string[]
  ) {}

  text(maxBytes: number, admit?: (bytes: number) => Promise<void> | undefined): Promise<string> {
    return readText(this, maxBytes, admit);
  }

  dump(maxBytes: number): Promise<void> {
    return this.encoded.dump(maxBytes);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    const { decodeContent } = await import("./content-coding.ts");
    yield* decodeContent(this.encoded, this.codings);
  }
}

async function readText(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  admit?: (bytes: number) => Promise<void> | undefined,
  chunks: Buffer[] = []
): Promise<string> {
  let size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  for await (const chunk of body) {
    if ((size += chunk.length) > maxBytes) throw tooLong(maxBytes);
    await admit?.(chunk.length);
    chunks.push(chunk);
  }
  return decode(chunks);
}

function decode(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  const text = (chunks.length === 1 && first ? first : Buffer.concat(chunks)).toString("utf8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function tooLong(maxBytes: number): RangeError {
  return new RangeError(`The body is longer than ${maxBytes} bytes.`);
}

function stopped(): Error {
  return new Error("The request was stopped.");
}
