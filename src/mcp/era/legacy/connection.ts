import { UnreachableError } from "../../../errors.ts";
import { settleWithin } from "../../../system/timeout.ts";
import type { HostedCall } from "../../calls/hosted-call.ts";
import { nextId, ownRequest } from "../../calls/own-call.ts";
import {
  type HostedConnection,
  type HostedContext,
  type Opening,
  readServerInfo,
  type ServerInfo
} from "../../hosted/connection.ts";
import { errorCodeOf, isFailure, isModernCode, isRefusal } from "../../hosted/era.ts";
import { httpError } from "../../hosted/http/errors.ts";
import { type InFlightRequest, InFlightRequests } from "../../hosted/http/in-flight.ts";
import { mediaType, parseMessages } from "../../hosted/http/sse.ts";
import { Abort, discard } from "../../hosted/http/transport.ts";
import { type ClientInfo, includesCapabilities } from "../../protocol/capabilities.ts";
import { type Id, metaOf, type Notification, type Params, type Request } from "../../protocol/message.ts";
import { ENVELOPE_KEYS, LATEST_LEGACY, LEGACY_VERSIONS } from "../../protocol/revisions.ts";
import { NotificationStream } from "./notification-stream.ts";
import { Preferences } from "./preferences.ts";
import { followStream } from "./response-stream.ts";
import { MessageRouter } from "./router.ts";
import { type Reply, Session } from "./session.ts";

/** How long the server is given to acknowledge the end of the session: the process is about to exit. */
const DELETE_TIMEOUT_MS = 300;
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/**
 * A connection to a hosted server of the revisions up to 2025-11-25: a session opened with `initialize`, and
 * another one once the server has forgotten it (transports, Streamable HTTP).
 */
export class LegacyHosted implements HostedConnection {
  readonly era = "legacy";
  usable = true;
  server: ServerInfo = { capabilities: {}, serverInfo: undefined, instructions: undefined };
  #session: Session;
  /** The first session is open; one that is lost before that is no connection. */
  #opened = false;
  /** The capabilities that were last found to be among those the server was told. */
  #known: Params | undefined;
  #reopening: Promise<void> | undefined;
  #closed = false;
  readonly #requests: InFlightRequests;
  readonly #router: MessageRouter;
  readonly #notifications: NotificationStream;
  readonly #preferences: Preferences;

  private constructor(private readonly context: HostedContext) {
    this.#requests = new InFlightRequests(context.idleCallMs);
    this.#session = new Session(context, this.#lost);
    this.#router = new MessageRouter(context, this.#session);
    this.#notifications = new NotificationStream(context, this.#router);
    this.#preferences = new Preferences(context, (method, params) => this.#own(method, params));
  }

  /**
   * Opens a session.
   * @throws errors that say nothing about the era: SignInNeededError, UnreachableError, ImgwireError
   */
  static async open(context: HostedContext): Promise<Opening> {
    const connection = new LegacyHosted(context);
    try {
      await connection.#initialize();
      connection.#opened = true;
      return { accepted: connection };
    } catch (error) {
      connection.#closed = true;
      // A server that has answered `initialize` speaks this era, whatever it rejects afterwards.
      const isAnswered = connection.#session.protocolVersion !== undefined;
      if (isRefusal(error) && !isAnswered) return { refused: error };
      throw error;
    }
  }

  send(call: HostedCall): void {
    if (call.open) void this.#run(call);
  }

  notify(notification: Notification, raw: string | undefined): void {
    void this.#post(raw ?? JSON.stringify(notification));
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
    this.#requests.stop(new UnreachableError("The connection to the hosted server is being closed."));
    if (this.#session.id === undefined) return;
    const abort = new Abort();
    const deleted = this.#session
      .request({ method: "DELETE", abort, repeatable: false })
      .then(discard)
      .catch((error: unknown) => this.context.log.debug(`The session was not closed: ${String(error)}`));
    // The abort doesn't end everything that may delay it, such as the renewal of a token.
    await settleWithin(DELETE_TIMEOUT_MS, deleted);
    abort.abort();
  }

  async #initialize(): Promise<void> {
    const { client } = this.context;
    const version = LEGACY_VERSIONS.has(client.protocolVersion) ? client.protocolVersion : LATEST_LEGACY;
    const session = this.#session;
    const result = await this.#own("initialize", {
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
    this.#notifications.open(session);
  }

  /** Opens a new session, if it is the current one that was lost. */
  readonly #lost = (session: Session): void => {
    if (session !== this.#session || !this.#opened || this.#closed || this.#reopening) return;
    this.context.log.info("The hosted session has ended; opening a new one.");
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

  #own(method: string, params: Params): Promise<Params> {
    const { client, ambient } = this.context;
    return ownRequest({ send: (call) => this.send(call), client, headers: ambient.headers }, method, params);
  }

  async #run(call: HostedCall): Promise<void> {
    const request = withoutEnvelope(call);
    const { id } = request;
    const inFlight = this.#requests.begin(call);
    this.#router.begin(id, inFlight);
    call.onCancel(() => this.#cancel(id, inFlight));
    try {
      const body = request === call.request && call.raw !== undefined ? call.raw : JSON.stringify(request);
      if (call.era === "modern") await this.#preferences.match(call.request);
      await this.#receive(inFlight, await this.#exchange(inFlight, body));
    } catch (error) {
      this.#failed(inFlight, id, error);
    } finally {
      this.#requests.end(inFlight);
      this.#router.end(id, inFlight);
    }
  }

  #failed(inFlight: InFlightRequest, id: Id, error: unknown): void {
    if (inFlight.expired) void this.#tellCancelled(id);
    if (inFlight.abort.aborted) return;
    if (!this.usable && isRefusal(error)) this.context.reroute(inFlight.call, error, this.era);
    else inFlight.call.fail(error);
  }

  /** Makes the POST; once more, in a new session, if the server has forgotten the current one. */
  async #exchange(inFlight: InFlightRequest, body: string): Promise<Reply> {
    const { abort, call } = inFlight;
    const { repeatable } = call;
    const isOpening = call.request.method === "initialize";
    // A call cancelled while it queues must not reach the server after its cancellation.
    const outgoing = { method: "POST", body, abort, repeatable, wanted: () => call.open } as const;
    for (let again = false; ; again = true) {
      if (!isOpening) await this.#reopening;
      const session = this.#session;
      inFlight.session = session;
      const response = await session.request(outgoing, session.headers(call.headers));
      inFlight.heard = Date.now();
      if (isOpening) session.open(response);
      const reply = await session.reply(response);
      if (again || isOpening || !session.isForgotten(reply)) return reply;
      session.lose();
    }
  }

  async #receive(inFlight: InFlightRequest, { session, response, text }: Reply): Promise<void> {
    if (text !== undefined) return this.#deliver(inFlight, response.statusCode, text);
    if (mediaType(response) === "text/event-stream" && response.statusCode === 200)
      return followStream(response, inFlight, session, this.#router);
    return session.readBody(response, (body) => this.#deliver(inFlight, response.statusCode, body));
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
    for (const message of messages) this.#router.deliver(message, inFlight);
    if (inFlight.call.open && !inFlight.abort.aborted) throw httpError(status, text, method);
  }

  /** The agent no longer wants an answer: tells the server, then stops listening. */
  #cancel(id: Id, inFlight: InFlightRequest): void {
    this.#router.end(id, inFlight);
    void this.#tellCancelled(id).finally(() => inFlight.abort.abort());
  }

  #tellCancelled(requestId: Id): Promise<void> {
    const params = { requestId };
    return this.#post(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
  }

  async #post(body: string): Promise<void> {
    if (!this.#closed) await this.#session.post(body);
  }
}

/** Parameters that only a modern request has, besides the envelope in `_meta`. */
const MODERN_PARAMS = new Set(["inputResponses", "requestState", "_meta"]);

/**
 * The request as a legacy server expects it. A modern request loses its envelope and the fields of a retry,
 * which the session makes unnecessary, and gets an id of ours; a legacy request is returned unchanged.
 */
function withoutEnvelope({ era, request }: HostedCall): Request {
  if (era === "legacy") return request;
  const params = Object.entries(request.params ?? {}).filter(([key]) => !MODERN_PARAMS.has(key));
  const meta = Object.entries(metaOf(request)).filter(([key]) => !ENVELOPE_KEYS.includes(key));
  const plain: Params = Object.fromEntries(params);
  if (meta.length > 0) plain["_meta"] = Object.fromEntries(meta);
  // The agent may reuse its id after an input request; in the session the request is still open.
  return { ...request, id: nextId(), params: plain };
}
