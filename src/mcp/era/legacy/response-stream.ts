import { setTimeout as delay } from "node:timers/promises";
import { ImgwireError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import type { HostedContext } from "../../hosted/connection.ts";
import { interrupted } from "../../hosted/http/errors.ts";
import type { InFlightRequest } from "../../hosted/http/in-flight.ts";
import { mediaType, parseMessages, readEvents } from "../../hosted/http/sse.ts";
import { discard } from "../../hosted/http/transport.ts";
import type { MessageRouter } from "./router.ts";
import type { Session } from "./session.ts";

/** The least time between two openings of a stream, in milliseconds. */
const MIN_REOPEN_MS = 1_000;

/** Where a response stream belongs. */
export interface StreamPlace {
  context: HostedContext;
  /** The session that it began in: another one, opened meanwhile, does not know it. */
  session: Session;
  router: MessageRouter;
  ready: () => Promise<void> | undefined;
}

/**
 * Reads the stream that answers a request until it has. If it ends before, it is resumed with Last-Event-ID,
 * once a second at most, provided that the server has sent an event id (transports, resumability and
 * redelivery).
 * @throws ImgwireError `interrupted_call` if it cannot be resumed, `message_too_large`
 */
export async function follow(
  inFlight: InFlightRequest,
  first: HttpResponse,
  place: StreamPlace
): Promise<void> {
  const { context, session, router, ready } = place;
  const headers = session.headers(inFlight.call.headers);
  let lastEventId: string | undefined;
  let retryMs = MIN_REOPEN_MS;
  const sink = {
    onData: (data: string) => {
      for (const message of parseMessages(data)) router.deliver(message, inFlight);
    },
    onId: (id: string) => (lastEventId = id),
    onRetry: (ms: number) => (retryMs = ms),
    ready
  };
  let response = first;
  for (;;) {
    const openedAt = Date.now();
    const reading = readEvents(response, context.transport.budget, sink, () => !inFlight.call.open);
    const cut: unknown = await reading.catch((error: unknown) => error);
    if (isOver(inFlight)) return;
    if (cut instanceof ImgwireError) throw cut;
    if (lastEventId === undefined) throw interrupted(cut);
    await delay(Math.max(retryMs, MIN_REOPEN_MS - (Date.now() - openedAt)));
    if (isOver(inFlight)) return;
    response = await resume(inFlight, session, { ...headers, "last-event-id": lastEventId });
  }
}

function isOver({ call, abort }: InFlightRequest): boolean {
  return !call.open || abort.aborted;
}

async function resume(
  { abort }: InFlightRequest,
  session: Session,
  headers: Record<string, string>
): Promise<HttpResponse> {
  const asked = session.request(
    { method: "GET", abort, repeatable: true },
    { ...headers, accept: "text/event-stream" }
  );
  // Whatever stands in the way, even a sign-in: the call was sent, and is not made again for that.
  const response = await asked.catch((error: unknown) => Promise.reject(interrupted(error)));
  if (response.statusCode === 200 && mediaType(response) === "text/event-stream") return response;
  await discard(response);
  throw interrupted();
}
