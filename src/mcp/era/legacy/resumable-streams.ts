import { setTimeout as delay } from "node:timers/promises";
import { ImgwireError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import type { HostedContext } from "../../hosted/connection.ts";
import { isEventStream, parseMessages } from "../../hosted/http/response-body.ts";
import { interrupted } from "../../hosted/http/errors.ts";
import type { InFlightRequest } from "../../hosted/http/in-flight.ts";
import { StandingStream } from "../../hosted/http/standing-stream.ts";
import { type Abort, discard } from "../../hosted/http/transport.ts";
import type { MessageRouter } from "./router.ts";
import type { Session } from "./session.ts";

/** The minimum time between two openings of a stream. */
const MIN_REOPEN_MS = 1_000;

/**
 * Reads a request's response stream until the request is answered. A stream that ends early is resumed with
 * Last-Event-ID, at most once a second, provided that the server has sent an event id (transports,
 * resumability and redelivery).
 * @param router the router of the session in which the request was sent; a later one doesn't know the stream
 * @throws ImgwireError `interrupted_call` if it can't be resumed, `message_too_large`
 */
export async function followStream(
  first: HttpResponse,
  inFlight: InFlightRequest,
  router: MessageRouter
): Promise<void> {
  const { session } = router;
  let lastEventId: string | undefined;
  let retryMs = MIN_REOPEN_MS;
  for (let response = first; ;) {
    const openedAt = Date.now();
    let cut: unknown;
    try {
      for await (const chunk of session.bodies.events(response)) {
        lastEventId = chunk.lastEventId ?? lastEventId;
        retryMs = chunk.retryMs ?? retryMs;
        for (const message of chunk.data.flatMap(parseMessages)) router.take(message, inFlight);
        if (inFlight.isOver) return;
      }
    } catch (error) {
      if (error instanceof ImgwireError) throw error;
      cut = error;
    }
    if (inFlight.isOver) return;
    if (lastEventId === undefined) throw interrupted(cut);
    await delay(Math.max(retryMs, MIN_REOPEN_MS - (Date.now() - openedAt)));
    if (inFlight.isOver) return;
    response = await resume(inFlight, session, lastEventId);
  }
}

async function resume(
  { abort, call }: InFlightRequest,
  session: Session,
  lastEventId: string
): Promise<HttpResponse> {
  // Any failure, even a missing sign-in, counts as an interruption: the call has been sent and must not be
  // repeated.
  const response = await session.openStream(abort, lastEventId, call.headers).catch((error: unknown) => {
    throw interrupted(error);
  });
  if (isEventStream(response)) return response;
  await discard(response);
  throw interrupted();
}

/**
 * A session's GET stream, for messages that belong to no request (transports, listening for messages from the
 * server). It is resumed with Last-Event-ID when it ends. Servers need not offer one.
 */
export class NotificationStream {
  readonly #stream: StandingStream;
  #lastEventId: string | undefined;
  /** Whether the server has offered the stream. */
  #offered = false;

  constructor(
    { transport, log }: HostedContext,
    private readonly router: MessageRouter
  ) {
    this.#stream = new StandingStream((abort) => this.#listen(abort), transport, log);
    this.#stream.open();
  }

  close(): void {
    this.#stream.close();
  }

  /** Reads the stream to its end; false if it must not be opened again. */
  async #listen(abort: Abort): Promise<boolean> {
    const { session } = this.router;
    const response = await session.openStream(abort, this.#lastEventId);
    if (!isEventStream(response)) {
      await discard(response);
      // A 404 at the first attempt only means that the server has no such stream.
      if (response.statusCode === 404 && this.#offered) session.lose();
      return response.statusCode >= 500;
    }
    this.#offered = true;
    for await (const { data, lastEventId, retryMs } of session.bodies.events(response)) {
      this.#lastEventId = lastEventId ?? this.#lastEventId;
      this.#stream.askedMs = retryMs ?? this.#stream.askedMs;
      if (data.length > 0) this.#stream.received();
      for (const message of data.flatMap(parseMessages)) this.router.take(message, undefined);
    }
    return true;
  }
}
