import type { HostedContext } from "../../hosted/connection.ts";
import { mediaType, parseMessages } from "../../hosted/http/sse.ts";
import { StandingStream } from "../../hosted/http/standing-stream.ts";
import { type Abort, discard } from "../../hosted/http/transport.ts";
import type { MessageRouter } from "./router.ts";
import type { Session } from "./session.ts";

/**
 * The GET stream for messages that belong to no request (transports, listening for messages from the server).
 * It is resumed with Last-Event-ID when it ends. Servers need not offer one.
 */
export class NotificationStream {
  readonly #stream: StandingStream;
  #session: Session | undefined;
  #lastEventId: string | undefined;
  /** Whether the server has offered the stream in this session. */
  #offered = false;

  constructor(
    { transport, log }: HostedContext,
    private readonly router: MessageRouter
  ) {
    this.#stream = new StandingStream((abort) => this.#listen(abort), transport, log);
  }

  /** Opens the stream of a session, replacing that of the session before. */
  open(session: Session): void {
    this.#session = session;
    this.#lastEventId = undefined;
    this.#offered = false;
    this.#stream.open();
  }

  close(): void {
    this.#stream.close();
  }

  /** Reads the stream to its end; false if it must not be opened again. */
  async #listen(abort: Abort): Promise<boolean> {
    const session = this.#session!;
    const response = await session.openStream(session.headers(), this.#lastEventId, abort);
    if (response.statusCode !== 200 || mediaType(response) !== "text/event-stream") {
      await discard(response);
      // A 404 at the first attempt only means that the server has no such stream.
      if (response.statusCode === 404 && this.#offered) session.lose();
      return response.statusCode >= 500;
    }
    this.#offered = true;
    await session.readEvents(response, {
      onData: (data) => {
        this.#stream.heard();
        for (const message of parseMessages(data)) this.router.deliver(message, undefined);
      },
      onId: (id) => (this.#lastEventId = id),
      onRetry: (ms) => (this.#stream.askedMs = ms)
    });
    return true;
  }
}
