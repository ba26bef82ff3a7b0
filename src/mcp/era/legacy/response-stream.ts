import { setTimeout as delay } from "node:timers/promises";
import { ImgwireError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import type { Headers, HostedCall } from "../../calls/hosted-call.ts";
import { discard, type Endpoint } from "../../hosted/http/transport.ts";
import type { Flight } from "../../hosted/http/in-flight.ts";
import { type Incoming, parseMessages } from "../../hosted/http/parse.ts";
import { mediaType, readEvents } from "../../hosted/http/sse.ts";
import { interrupted } from "../../hosted/http/retry.ts";

/** What reading a stream needs of the connection it belongs to. */
export interface StreamOwner {
  endpoint: Endpoint;
  headers(call: HostedCall): Headers;
  message(message: Incoming, flight: Flight): void;
  ready(): Promise<void> | undefined;
}

const FLOOR_MS = 1_000;

/**
 * Reads the stream that answers a request, until it has; resumes it with Last-Event-ID where it ends before and the
 * server has said how, at most once a second (transports, resumability and redelivery).
 * @throws ImgwireError `interrupted_call` where it cannot be resumed, `message_too_large`
 */
export async function follow(flight: Flight, first: HttpResponse, owner: StreamOwner): Promise<void> {
  // Of the session it began in: another one, opened meanwhile, does not know it.
  const headers = owner.headers(flight.call);
  let lastEventId: string | undefined;
  let retryMs: number | undefined;
  const sink = {
    onData: (data: string) => parseMessages(data).forEach((message) => owner.message(message, flight)),
    onId: (id: string) => (lastEventId = id),
    onRetry: (ms: number) => (retryMs = ms),
    ready: () => owner.ready()
  };
  for (
    let response = first;
    ;
    response = await resume(flight, { ...headers, "last-event-id": lastEventId ?? "" }, owner)
  ) {
    const connectedAt = Date.now();
    const cut: unknown = await readEvents(response, sink, () => !flight.call.open).catch(
      (error: unknown) => error
    );
    if (isOver(flight)) return;
    if (cut instanceof ImgwireError) throw cut;
    if (lastEventId === undefined) throw interrupted(cut);
    await delay(Math.max(retryMs ?? FLOOR_MS, FLOOR_MS - (Date.now() - connectedAt)));
    if (isOver(flight)) return;
  }
}

function isOver({ call, abort }: Flight): boolean {
  return !call.open || abort.aborted;
}

async function resume(flight: Flight, headers: Headers, owner: StreamOwner): Promise<HttpResponse> {
  const asked = owner.endpoint.send({
    method: "GET",
    headers: { ...headers, accept: "text/event-stream" },
    abort: flight.abort,
    repeatable: true
  });
  // Whatever stands in the way, be it a sign-in: the call itself has been sent, and is not to be made again for that.
  const response = await asked.catch((error: unknown) => Promise.reject(interrupted(error)));
  if (response.statusCode === 200 && mediaType(response) === "text/event-stream") return response;
  await discard(response);
  throw interrupted();
}
