import { UnreachableError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import type { HostedCall } from "../../calls/hosted-call.ts";
import { nextId, ownRequest, type Requester } from "../../calls/own-call.ts";
import {
  type EraAttempt,
  type HostedConnection,
  type HostedContext,
  readServerInfo,
  type ServerInfo
} from "../../hosted/connection.ts";
import { errorCodeOf, isEraMismatch, isFailure, isModernCode } from "../../hosted/era-evidence.ts";
import { isEventStream, parseMessages } from "../../hosted/http/body.ts";
import { httpError } from "../../hosted/http/errors.ts";
import { type InFlightRequest, InFlightRequests } from "../../hosted/http/in-flight.ts";
import { type ClientInfo, includesCapabilities } from "../../protocol/capabilities.ts";
import { type Id, metaOf, type Notification, type Params, type Request } from "../../protocol/message.ts";
import { ENVELOPE_KEYS, LATEST_LEGACY, LEGACY_VERSIONS } from "../../protocol/revisions.ts";
import { Preferences } from "./preferences.ts";
import { MessageRouter } from "./router.ts";
import { Session } from "./session.ts";
import { followStream, NotificationStream } from "./streams.ts";

const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/**
 * The response to a request. If it is an error, `text` is its body; otherwise the body has yet to be read.
 */
interface Reply {
  session: Session;
  response: HttpResponse;
  text: string | undefined;
}

/**
 * A connection to a hosted server of the revisions up to 2025-11-25: a session opened with `initialize`, and
 * replaced if the server has forgotten it (transports, Streamable HTTP).
 */
export class LegacyHosted implements HostedConnection {
  readonly era = "legacy";
  usable = true;
  server: ServerInfo = { capabilities: {}, serverInfo: undefined, instructions: undefined };
  #session: Session;
  /** True once the first session is open. If it is lost earlier, the connection fails to open. */
  #opened = false;
  /** The capabilities that `knows` last found among those that the server was told. */
  #known: Params | undefined;
  #reopening: Promise<void> | undefined;
  #closed = false;
  readonly #requester: Requester;
  readonly #requests: InFlightRequests;
  readonly #router: MessageRouter;
  readonly #notifications: NotificationStream;
  readonly #preferences: Preferences;

  private constructor(private readonly context: HostedContext) {
    const { client, ambient } = context;
    this.#requester = {
      client,
      send: (call) => void this.send(call),
      get headers() {
        return ambient.headers;
      }
    };
    this.#requests = new InFlightRequests(context.idleCallMs);
    this.#session = new Session(context, this.#lost);
    this.#router = new MessageRouter(context, this.#requests, this.#session);
    this.#notifications = new NotificationStream(context, this.#router);
    this.#preferences = new Preferences(context, this.#requester);
  }

  /**
   * Opens a session.
   * @throws errors that don't indicate the era: SignInNeededError, UnreachableError, ImgwireError
   */
  static async open(context: HostedContext): Promise<EraAttempt> {
    const connection = new LegacyHosted(context);
    try {
      await connection.#initialize();
      connection.#opened = true;
      return { opened: connection };
    } catch (error) {
      connection.#closed = true;
      // A server that has answered `initialize` speaks this era, whatever it rejects afterwards.
      const isAnswered = connection.#session.protocolVersion !== undefined;
      if (isEraMismatch(error) && !isAnswered) return { mismatch: error };
      throw error;
    }
  }

  async send(call: HostedCall): Promise<void> {
    if (!call.open) return;
    const request = call.era === "legacy" ? call.request : withoutEnvelope(call.request);
    const inFlight = this.#requests.begin(call, request.id);
    call.onCancel(() => this.#cancel(inFlight));
    try {
      if (call.era === "modern") await this.#preferences.match(call.request);
      const body = request === call.request && call.raw !== undefined ? call.raw : JSON.stringify(request);
      await this.#receive(inFlight, await this.#exchange(inFlight, body));
    } catch (error) {
      this.#failed(inFlight, error);
    } finally {
      this.#requests.end(inFlight);
      this.#router.end(call);
    }
  }

  notify(notification: Notification, raw: string | undefined): void {
    void this.#session.post(raw ?? JSON.stringify(notification));
  }

  interestsChanged(): Promise<void> {
    return this.#preferences.subscribe();
  }

  knows({ capabilities }: ClientInfo): boolean {
    if (capabilities === this.#known) return true;
    if (!includesCapabilities(this.context.client.capabilities, capabilities)) return false;
    this.#known = capabilities;
    return true;
  }

  async retire(): Promise<void> {
    this.#notifications.close();
    await this.#requests.ended();
    await this.close();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#notifications.close();
    this.#requests.stop(new UnreachableError("The connection to Imgwire is being closed."));
    await this.#session.end();
  }

  async #initialize(): Promise<void> {
    const { client } = this.context;
    const version = LEGACY_VERSIONS.has(client.protocolVersion) ? client.protocolVersion : LATEST_LEGACY;
    const session = this.#session;
    const result = await ownRequest(this.#requester, "initialize", {
      protocolVersion: version,
      capabilities: client.capabilities,
      clientInfo: client.clientInfo ?? { name: "unknown", version: "0" }
    });
    const { protocolVersion } = result;
    session.protocolVersion = typeof protocolVersion === "string" ? protocolVersion : version;
    this.server = readServerInfo(result, result["serverInfo"]);
    await session.deliver(INITIALIZED, "notifications/initialized");
    if (session.isLost) throw new Error("The new session is lost.");
    this.#preferences.restore(this.server.capabilities);
    if (this.context.interests.changes) this.#notifications.open(session);
  }

  /** Opens a new session if the one that was lost is the current one. */
  readonly #lost = (session: Session): void => {
    if (session !== this.#session || !this.#opened || this.#closed || this.#reopening) return;
    this.context.log.info("The session with Imgwire has ended; opening a new one.");
    this.#session = new Session(this.context, this.#lost);
    this.#router.move(this.#session);
    this.#reopening = this.#initialize()
      .catch((error: unknown) => {
        this.usable = false;
        throw error;
      })
      .finally(() => (this.#reopening = undefined));
    this.#reopening.catch(() => undefined);
  };

  /** Makes the POST, and repeats it once in a new session if the server has forgotten the current one. */
  async #exchange(inFlight: InFlightRequest, body: string): Promise<Reply> {
    const { abort, call } = inFlight;
    const { repeatable } = call;
    const isOpening = call.request.method === "initialize";
    // A call cancelled while it queues must not reach the server after its cancellation.
    const outgoing = { method: "POST", body, abort, repeatable, wanted: () => call.open } as const;
    for (let again = false; ; again = true) {
      if (!isOpening) await this.#reopening;
      const session = (inFlight.session = this.#session);
      const response = await session.request(outgoing, call.headers);
      const { statusCode } = response;
      inFlight.heard = Date.now();
      if (isOpening) session.open(response);
      if (statusCode < 400) return { session, response, text: undefined };
      const text = await session.bodies.text(response, (json) => json);
      if (again || isOpening || !session.isForgotten(statusCode, text)) return { session, response, text };
      session.lose();
    }
  }

  async #receive(inFlight: InFlightRequest, { session, response, text }: Reply): Promise<void> {
    const { statusCode } = response;
    if (text !== undefined) this.#deliver(inFlight, statusCode, text);
    else if (isEventStream(response)) await followStream(response, session, inFlight, this.#router);
    else await session.bodies.text(response, (json) => this.#deliver(inFlight, statusCode, json));
  }

  #deliver(inFlight: InFlightRequest, status: number, text: string): void {
    const messages = parseMessages(text);
    const { method } = inFlight.call.request;
    if (isFailure(method, status)) throw httpError(status, text, method);
    const isRefused = status >= 400 && method !== "initialize";
    if (isRefused && messages.some((message) => isModernCode(errorCodeOf(message)))) {
      this.usable = false;
      throw httpError(status, text, method);
    }
    for (const message of messages) this.#router.take(message, inFlight);
    if (!inFlight.isOver) throw httpError(status, text, method);
  }

  #failed(inFlight: InFlightRequest, error: unknown): void {
    if (inFlight.expired) void this.#tellCancelled(inFlight.id);
    if (inFlight.abort.aborted) return;
    if (!this.usable && isEraMismatch(error)) this.context.reroute(inFlight.call, error, this.era);
    else inFlight.call.fail(error);
  }

  /** Tells the server that the agent no longer wants an answer, then stops listening for it. */
  #cancel(inFlight: InFlightRequest): void {
    this.#router.end(inFlight.call);
    void this.#tellCancelled(inFlight.id).finally(() => inFlight.abort.abort());
  }

  #tellCancelled(requestId: Id): Promise<boolean> {
    const params = { requestId };
    return this.#session.post(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
  }
}

/** Parameters that only modern requests have, and `_meta`, which is added again without the envelope. */
const MODERN_PARAMS = new Set(["inputResponses", "requestState", "_meta"]);

/**
 * Converts a modern request for a legacy server. It drops the envelope and the fields of a retry, which a
 * session makes unnecessary, and replaces the id with one of ours: the agent may reuse its id after an
 * `input_required` result, while the request is still open in the session.
 */
function withoutEnvelope(request: Request): Request {
  const params = Object.entries(request.params ?? {}).filter(([key]) => !MODERN_PARAMS.has(key));
  const meta = Object.entries(metaOf(request)).filter(([key]) => !ENVELOPE_KEYS.includes(key));
  const plain: Params = Object.fromEntries(params);
  if (meta.length > 0) plain["_meta"] = Object.fromEntries(meta);
  return { ...request, id: nextId(), params: plain };
}
