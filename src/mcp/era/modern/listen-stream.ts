import { isObject } from "../../../system/json.ts";
import { type Abort, discard } from "../../hosted/http/transport.ts";
import { isEventStream, parseMessages } from "../../hosted/http/body.ts";
import { StandingStream } from "../../hosted/http/standing-stream.ts";
import type { HostedContext, ServerInfo } from "../../hosted/connection.ts";
import { type Params, type Request } from "../../protocol/message.ts";
import { nextId } from "../../calls/own-call.ts";
import { settleWithin } from "../../../system/timeout.ts";
import { metaFor, requestFields } from "./request.ts";

const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";
/** About the stream itself, under an id of ours that means nothing to the agent. */
const ABOUT_THE_STREAM = new Set([ACKNOWLEDGED, "notifications/cancelled"]);

/** How long to wait for the server to confirm a subscription. */
const ANSWER_TIMEOUT_MS = 3_000;

/** Whether the server has confirmed a subscription. */
interface Taken {
  done: Promise<void>;
  settle: () => void;
}

function taking(): Taken {
  let settle!: () => void;
  const taken = new Promise<void>((resolve) => (settle = resolve));
  // All callers share one timeout: a server that never confirms must not delay each of them.
  return { done: settleWithin(ANSWER_TIMEOUT_MS, taken), settle };
}

/**
 * The one `subscriptions/listen` stream of a connection (MCP 2026-07-28, subscriptions): asks for every kind
 * of change that the server announces and for the resources that the agent wants. Opened again when it ends.
 */
export class ListenStream {
  readonly #stream: StandingStream;
  #filter: Params = {};
  #taken: Taken = { done: Promise.resolve(), settle: () => undefined };

  constructor(private readonly context: HostedContext) {
    this.#stream = new StandingStream((abort) => this.#read(abort), context.transport, context.log);
  }

  /**
   * Opens the stream with the current interests, if they have changed.
   * @returns a promise that resolves when the server has confirmed or refused them, or after a timeout
   */
  update({ capabilities }: ServerInfo): Promise<void> {
    const { changes, resources } = this.context.interests;
    const tells = (area: string): boolean =>
      changes && isObject(capabilities[area]) && capabilities[area]["listChanged"] === true;
    const filter = {
      ...(tells("tools") && { toolsListChanged: true }),
      ...(tells("prompts") && { promptsListChanged: true }),
      ...(tells("resources") && { resourcesListChanged: true }),
      ...(resources.size > 0 && { resourceSubscriptions: [...resources] })
    };
    if (JSON.stringify(filter) === JSON.stringify(this.#filter)) return this.#taken.done;
    this.#filter = filter;
    this.#taken.settle();
    if (Object.keys(filter).length === 0) {
      this.#stream.close();
      return Promise.resolve();
    }
    this.#taken = taking();
    this.#stream.open();
    return this.#taken.done;
  }

  close(): void {
    this.#stream.close();
  }

  /** Reads the stream to its end; false if it must not be opened again. */
  async #read(abort: Abort): Promise<boolean> {
    const taken = this.#taken;
    return this.#listen(abort, taken).finally(taken.settle);
  }

  async #listen(abort: Abort, taken: Taken): Promise<boolean> {
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
        this.#stream.heard();
        if (incoming.kind !== "notification") continue;
        const { message, raw } = incoming;
        if (message.method === ACKNOWLEDGED) taken.settle();
        if (!ABOUT_THE_STREAM.has(message.method)) events.notification(message, raw);
      }
    }
    return true;
  }
}
