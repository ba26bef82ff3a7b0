import type { Log } from "../../../log.ts";
import type { Headers } from "../../calls/hosted-call.ts";
import { type Abort, discard, type Endpoint } from "../../hosted/http/transport.ts";
import { type Incoming, parseMessages } from "../../hosted/http/parse.ts";
import { mediaType, readEvents } from "../../hosted/http/sse.ts";
import { StandingStream } from "../../hosted/http/standing-stream.ts";

/** What the stream needs of the connection it belongs to. */
export interface ListenerOwner {
  headers(): Headers;
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
  readonly #stream: StandingStream;
  #lastEventId: string | undefined;
  /** Whether the server has offered the stream in this session. */
  #offered = false;

  constructor(
    private readonly endpoint: Endpoint,
    log: Log,
    private readonly owner: ListenerOwner
  ) {
    this.#stream = new StandingStream((abort) => this.#listen(abort), log);
  }

  /** Opens the stream, of a new session if there was another one. */
  open(): void {
    this.#lastEventId = undefined;
    this.#offered = false;
    this.#stream.open();
  }

  /** See {@link StandingStream.revive}. */
  revive(): void {
    this.#stream.revive();
  }

  close(): void {
    this.#stream.close();
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
      // From a server that has never offered the stream it only means that there is none.
      if (response.statusCode === 404 && this.#offered) this.owner.lost();
      return response.statusCode >= 500;
    }
    this.#offered = true;
    await readEvents(response, {
      onData: (data) => {
        this.#stream.heard();
        for (const message of parseMessages(data)) this.owner.message(message);
      },
      onId: (id) => (this.#lastEventId = id),
      onRetry: (ms) => (this.#stream.askedMs = ms),
      ready: () => this.owner.ready()
    });
    return true;
  }
}
