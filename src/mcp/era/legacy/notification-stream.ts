import type { HostedContext } from "../../hosted/connection.ts";
import { mediaType, parseMessages, readEvents } from "../../hosted/http/sse.ts";
import { StandingStream } from "../../hosted/http/standing-stream.ts";
import { type Abort, discard } from "../../hosted/http/transport.ts";
import type { MessageRouter } from "./router.ts";
import type { Session } from "./session.ts";

/**
 * The stream on which a legacy server speaks unasked (transports, listening for messages from the server):
 * opened with GET, and again with Last-Event-ID when it ends. A server need not offer one.
 */
export class NotificationStream {
  readonly #stream: StandingStream;
  #session: Session | undefined;
  #lastEventId: string | undefined;
  /** Whether the server has offered the stream in this session. */
  #offered = false;

  constructor(
    private readonly context: HostedContext,
    private readonly router: MessageRouter,
    private readonly ready: () => Promise<void> | undefined
  ) {
    this.#stream = new StandingStream((abort) => this.#listen(abort), context.log);
  }

  /** Opens the stream of a session, in place of another session's. */
  open(session: Session): void {
    this.#session = session;
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
    const session = this.#session!;
    const headers = {
      ...session.headers(),
      accept: "text/event-stream",
      ...(this.#lastEventId !== undefined && { "last-event-id": this.#lastEventId })
    };
    const response = await session.request({ method: "GET", abort, repeatable: true }, headers);
    if (response.statusCode !== 200 || mediaType(response) !== "text/event-stream") {
      await discard(response);
      // A server that has never offered the stream only means that there is none.
      if (response.statusCode === 404 && this.#offered) session.lose();
      return response.statusCode >= 500;
    }
    this.#offered = true;
    await readEvents(response, this.context.transport.budget, {
      onData: (data) => {
        this.#stream.heard();
        for (const message of parseMessages(data)) this.router.deliver(message, undefined);
      },
      onId: (id) => (this.#lastEventId = id),
      onRetry: (ms) => (this.#stream.askedMs = ms),
      ready: this.ready
    });
    return true;
  }
}
