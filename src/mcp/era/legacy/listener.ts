import { SignInNeededError } from "../../../errors.ts";
import type { Log } from "../../../log.ts";
import { Abort, discard, type Endpoint } from "../../connection/endpoint.ts";
import { type Incoming, parseMessages } from "../../connection/parse.ts";
import { mediaType, readEvents } from "../../connection/read.ts";
import { Reconnect } from "../../connection/reconnect.ts";

/** What the stream needs of the connection it belongs to. */
export interface ListenerOwner {
  headers(): Record<string, string>;
  message(message: Incoming): void;
  ready(): Promise<void> | undefined;
  /** The server does not know the session any more. */
  lost(): void;
}

/**
 * The stream on which a legacy server speaks unasked (transports, listening for messages from the server): opened
 * with GET, opened again with Last-Event-ID when it ends. A server may not offer one.
 */
export class Listener {
  #reconnect = new Reconnect(() => this.#connect());
  #abort: Abort | undefined;
  #lastEventId: string | undefined;
  /** Stopped because a sign-in is needed. */
  #barred = false;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly log: Log,
    private readonly owner: ListenerOwner
  ) {}

  /** Opens the stream, of a new session if there was another one. */
  open(): void {
    this.close();
    this.#lastEventId = undefined;
    this.#barred = false;
    void this.#connect();
  }

  /** Opens the stream again if it ended for want of a sign-in: the server has just accepted another request. */
  revive(): void {
    if (this.#barred) this.open();
  }

  close(): void {
    this.#reconnect.stop();
    this.#abort?.abort();
    this.#abort = undefined;
  }

  async #connect(): Promise<void> {
    const abort = (this.#abort = new Abort());
    let failed = false;
    try {
      if (!(await this.#listen(abort))) return;
    } catch (error) {
      failed = true;
      this.#barred = error instanceof SignInNeededError;
      if (!abort.aborted) this.log.debug(`The hosted server's stream was cut: ${String(error)}`);
    }
    if (this.#abort === abort && !this.#barred) this.#reconnect.later(failed);
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
    await readEvents(response, {
      onData: (data) => {
        this.#reconnect.heard();
        for (const message of parseMessages(data)) this.owner.message(message);
      },
      onId: (id) => (this.#lastEventId = id),
      onRetry: (ms) => (this.#reconnect.askedMs = ms),
      ready: () => this.owner.ready()
    });
    return true;
  }
}
