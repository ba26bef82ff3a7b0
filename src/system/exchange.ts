import type { EventEmitter } from "node:events";
import type { Dispatcher } from "undici";

/**
 * A request whose content, like that of its answer, is messages: held in memory, not streamed to or from a
 * file.
 */
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
  /**
   * All of it, as UTF-8 without a byte order mark.
   * @param maxBytes the most that is read
   * @param admit asked before each part is kept; reading goes on when what it returns resolves
   * @throws RangeError for a longer body
   */
  text(maxBytes: number, admit?: (bytes: number) => Promise<void> | undefined): Promise<string>;
  /**
   * Reads what is left, so that the connection can be used again; drops the connection if it is more than
   * `maxBytes`.
   */
  dump(maxBytes: number): Promise<void>;
}

/** Bytes of a body that are held for a slow reader before the server has to wait. */
const MAX_WAITING_BYTES = 64 * 1024;
/** The same for all bodies together whose servers cannot be made to wait: more ends the exchange. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** What bodies hold whose servers cannot be made to wait. */
const held = { bytes: 0 };

/**
 * Makes one request by undici's `dispatch`: without a stream object and an AbortSignal for each message,
 * which cost more than all else that is done for a call. A redirect is an answer like any other.
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
    const codings = contentCodings(headers);
    const body = codings.length === 0 ? this : new DecodedBody(this, codings);
    this.resolve({ statusCode, headers, body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#held.push(chunk);
    this.#count(chunk.length);
    if (this.#canWait && this.#size > MAX_WAITING_BYTES) controller.pause();
    else if (!this.#canWait && held.bytes > MAX_HELD_BYTES)
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

  async text(maxBytes: number, admit?: (bytes: number) => Promise<void> | undefined): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    // Mostly all is there already: no generator is needed then.
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

  /** What has come and was not read yet; nothing more once the exchange has been stopped. */
  #next(): Buffer | undefined {
    if (this.signal.aborted) throw stopped();
    const chunk = this.#held.shift();
    if (chunk) this.#count(-chunk.length);
    if (this.#held.length === 0) this.#controller?.resume();
    return chunk;
  }

  #count(bytes: number): void {
    this.#size += bytes;
    if (!this.#canWait) held.bytes += bytes;
  }

  #tooLong(maxBytes: number): RangeError {
    this.#stop();
    this.#drop();
    return tooLong(maxBytes);
  }

  /** Lets go of what nobody will read. */
  #drop(): void {
    this.#held = [];
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
 * Whether undici may stop reading for a while. On a connection that ends with its body it may not: should the
 * end come meanwhile, an assertion of its own ends the process (undici 7.30, `Parser.finish`). Whether it is
 * such a connection follows from the HTTP version, which is not known here, and from fields that have many
 * spellings, so the one case is allowed that is certain: `Connection: keep-alive`, and a body whose end is
 * marked in itself.
 */
function canWait(headers: HttpResponse["headers"]): boolean {
  const isKeptAlive = isExactly(headers["connection"], "keep-alive") && !("proxy-connection" in headers);
  if (!isKeptAlive || "upgrade" in headers) return false;
  const coding = headers["transfer-encoding"];
  return coding === undefined ? "content-length" in headers : isExactly(coding, "chunked");
}

function isExactly(field: string | string[] | undefined, value: string): boolean {
  return typeof field === "string" && field.trim().toLowerCase() === value;
}

/** The codings of the content in the order they were applied (RFC 9110 section 8.4), `identity` left out. */
function contentCodings(headers: HttpResponse["headers"]): string[] {
  const codings = String(headers["content-encoding"] ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim());
  return codings.filter((coding) => coding !== "" && coding !== "identity");
}

/** A body in a coding that was not asked for: some servers and proxies compress whatever they send. */
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
