import { isObject } from "../../../system/json.ts";
import { type Abort, discard } from "../../hosted/http/transport.ts";
import { isEventStream, parseMessages } from "../../hosted/http/response-body.ts";
import { StandingStream } from "../../hosted/http/standing-stream.ts";
import type { HostedContext, ServerInfo } from "../../hosted/connection.ts";
import { type Params, type Request } from "../../protocol/message.ts";
import { nextId } from "../../calls/own-call.ts";
import { settleWithin } from "../../../system/timeout.ts";
import { requestFields } from "../../protocol/request-headers.ts";
import { metaFor } from "./request.ts";

const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
/** Notifications about the stream itself. They carry an id of ours, which means nothing to the agent. */
const ABOUT_THE_STREAM = new Set([ACKNOWLEDGED, "notifications/cancelled"]);

/** How long to wait for the server to confirm a subscription. */
const CONFIRMATION_TIMEOUT_MS = 3_000;

/** The server's confirmation of a subscription. */
interface Confirmation {
  done: Promise<void>;
  settle: () => void;
}

function awaitConfirmation(): Confirmation {
  let settle!: () => void;
  const confirmed = new Promise<void>((resolve) => (settle = resolve));
  // All callers share one timeout: a server that never confirms must not delay each of them.
  return { done: settleWithin(CONFIRMATION_TIMEOUT_MS, confirmed), settle };
}

/**
 * A connection's one `subscriptions/listen` stream (MCP 2026-07-28, subscriptions). It asks for every kind of
 * change that the server announces, and for updates of the resources that the agent wants. It is reopened
 * when it ends.
 */
export class ListenStream {
  readonly #stream: StandingStream;
  #filter: Params = {};
  #confirmation: Confirmation = { done: Promise.resolve(), settle: () => undefined };

  constructor(private readonly context: HostedContext) {
    this.#stream = new StandingStream((abort) => this.#read(abort), context.transport, context.log);
  }

  /**
   * Opens the stream with the current interests, if they have changed.
   * @returns a promise that resolves when the server has confirmed or refused them, or after a timeout
   */
  update({ capabilities }: ServerInfo): Promise<void> {
    const { changes, resources } = this.context.interests;
    const announces = (area: string): boolean =>
      changes && isObject(capabilities[area]) && capabilities[area]["listChanged"] === true;
    const filter = {
      ...(announces("tools") && { toolsListChanged: true }),
      ...(announces("prompts") && { promptsListChanged: true }),
      ...(announces("resources") && { resourcesListChanged: true }),
      ...(resources.size > 0 && { resourceSubscriptions: [...resources] })
    };
    if (JSON.stringify(filter) === JSON.stringify(this.#filter)) return this.#confirmation.done;
    this.#filter = filter;
    this.#confirmation.settle();
    if (Object.keys(filter).length === 0) {
      this.#stream.close();
      return Promise.resolve();
    }
    this.#confirmation = awaitConfirmation();
    this.#stream.open();
    return this.#confirmation.done;
  }

  close(): void {
    this.#stream.close();
  }

  /** Reads the stream to its end; false if it must not be opened again. */
  async #read(abort: Abort): Promise<boolean> {
    const confirmation = this.#confirmation;
    return this.#listen(abort, confirmation).finally(confirmation.settle);
  }

  async #listen(abort: Abort, confirmation: Confirmation): Promise<boolean> {
    const { client, ambient, transport, events } = this.context;
    const params = { _meta: metaFor(client, undefined), notifications: this.#filter };
    const request: Request = { jsonrpc: "2.0", id: nextId(), method: "subscriptions/listen", params };
    const response = await transport.send({
      method: "POST",
      headers: { ...requestFields(request, client.protocolVersion), ...ambient.headers },
      body: JSON.stringify(request),
      abort,
      repeatable: true
    });
    if (!isEventStream(response)) {
      await discard(response);
      return response.statusCode >= 500;
    }
    for await (const { data } of transport.bodies.events(response)) {
      for (const incoming of data.flatMap((each) => parseMessages(each))) {
        this.#stream.received();
        if (incoming.kind !== "notification") continue;
        const { message, raw } = incoming;
        if (message.method === ACKNOWLEDGED) confirmation.settle();
        if (!ABOUT_THE_STREAM.has(message.method)) events.notification(message, raw);
      }
    }
    return true;
  }
}
