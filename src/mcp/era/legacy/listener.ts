import type { Log } from "../../../log.ts";
import { Abort, discard, type Endpoint } from "../../connection/endpoint.ts";
import { parseMessages } from "../../connection/parse.ts";
import { mediaType, readEvents } from "../../connection/read.ts";

/** What the stream needs of the connection it belongs to. */
export interface ListenerOwner {
  headers(): Record<string, string>;
  message(message: ReturnType<typeof parseMessages>[number]): void;
  ready(): Promise<void> | undefined;
  /** The server does not know the session any more. */
  lost(): void;
}

const FLOOR_MS = 1_000;
const CEILING_MS = 30_000;

/**
 * The stream on which a legacy server speaks unasked (transports, listening for messages from the server): opened
 * with GET, opened again with Last-Event-ID when it ends, at most once a second. A server may not offer one.
 */
export class Listener {
  #abort: Abort | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastEventId: string | undefined;
  #retryMs = FLOOR_MS;
  #failures = 0;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly log: Log,
    private readonly owner: ListenerOwner
  ) {}

  /** Opens the stream, of a new session if there was another one. */
  open(): void {
    this.close();
    this.#lastEventId = undefined;
    this.#failures = 0;
    void this.#connect();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = undefined;
  }

  async #connect(): Promise<void> {
    const abort = (this.#abort = new Abort());
    try {
      if (!(await this.#listen(abort))) return;
    } catch (error) {
      if (abort.aborted) return;
      this.#failures++;
      this.log.debug(`The hosted server's stream was cut: ${String(error)}`);
    }
    if (this.#abort !== abort) return;
    const backoff = FLOOR_MS * 2 ** Math.min(this.#failures, 5);
    const wait = Math.min(Math.max(this.#retryMs, FLOOR_MS, this.#failures > 0 ? backoff : 0), CEILING_MS);
    this.#timer = setTimeout(() => void this.#connect(), wait).unref();
  }

  /** Reads the stream to its end; false when it is not to be opened again. */
  async #listen(abort: Abort): Promise<boolean> {
    const headers = {
      ...this.owner.headers(),
      accept: "text/event-stream",
      ...(this.#lastEventId !== undefined && { "last-event-id": this.#lastEventId })
    };
    const response = await this.endpoint.send({ method: "GET", headers, abort, repeatable: true });
    if (response.statusCode !== 200 || mediaType(response) !== "text/event-stream") {
      await discard(response);
      if (response.statusCode === 404) this.owner.lost();
      return response.statusCode >= 500;
    }
    this.#failures = 0;
    await readEvents(response, {
      onData: (data) => parseMessages(data).forEach((message) => this.owner.message(message)),
      onId: (id) => (this.#lastEventId = id),
      onRetry: (ms) => (this.#retryMs = ms),
      ready: () => this.owner.ready()
    });
    return true;
  }
}
