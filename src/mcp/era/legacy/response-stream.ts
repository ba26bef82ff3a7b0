import { setTimeout as delay } from "node:timers/promises";
import { ImgwireError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import type { Headers } from "../../calls/hosted-call.ts";
import { interrupted } from "../../hosted/http/errors.ts";
import type { InFlightRequest } from "../../hosted/http/in-flight.ts";
import { mediaType, parseMessages } from "../../hosted/http/sse.ts";
import { type Abort, discard } from "../../hosted/http/transport.ts";
import type { MessageRouter } from "./router.ts";
import type { Session } from "./session.ts";

/** The least time between two openings of a stream. */
const MIN_REOPEN_MS = 1_000;

/**
 * Reads the stream that answers a request until the request is answered. A stream that ends early is resumed
 * with Last-Event-ID, at most once a second, provided that the server has sent an event id (transports,
 * resumability and redelivery).
 * @param session the session of the request; one opened since doesn't know the stream
 * @throws ImgwireError `interrupted_call` if it can't be resumed, `message_too_large`
 */
export async function followStream(
  first: HttpResponse,
  inFlight: InFlightRequest,
  session: Session,
  router: MessageRouter
): Promise<void> {
  const { call, abort } = inFlight;
  const isOver = (): boolean => !call.open || abort.aborted;
  let lastEventId: string | undefined;
  let retryMs = MIN_REOPEN_MS;
  const sink = {
    onData: (data: string) => {
      for (const message of parseMessages(data)) router.deliver(message, inFlight);
    },
    onId: (id: string) => (lastEventId = id),
    onRetry: (ms: number) => (retryMs = ms)
  };
  for (let response = first; ;) {
    const openedAt = Date.now();
    const cut: unknown = await session.readEvents(response, sink, isOver).catch((error: unknown) => error);
    if (isOver()) return;
    if (cut instanceof ImgwireError) throw cut;
    if (lastEventId === undefined) throw interrupted(cut);
    await delay(Math.max(retryMs, MIN_REOPEN_MS - (Date.now() - openedAt)));
    if (isOver()) return;
    response = await resume(session, session.headers(call.headers), lastEventId, abort);
  }
}

async function resume(
  session: Session,
  headers: Headers,
  lastEventId: string,
  abort: Abort
): Promise<HttpResponse> {
  // Whatever fails here, even a sign-in: the call has been sent and must not be repeated for that.
  const response = await session.openStream(headers, lastEventId, abort).catch((error: unknown) => {
    throw interrupted(error);
  });
  if (response.statusCode === 200 && mediaType(response) === "text/event-stream") return response;
  await discard(response);
  throw interrupted();
}
