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
import { isEventStream, parseMessages } from "../../hosted/http/response-body.ts";
import { httpError } from "../../hosted/http/errors.ts";
import { type InFlightRequest, InFlightRequests } from "../../hosted/http/in-flight.ts";
import { type ClientInfo, includesCapabilities } from "../../protocol/capabilities.ts";
import type { Id, Notification, Params } from "../../protocol/message.ts";
import { LATEST_LEGACY, LEGACY_VERSIONS, toLegacyRequest } from "../../protocol/revisions.ts";
import { Preferences } from "./preferences.ts";
import { MessageRouter } from "./router.ts";
import { Session } from "./session.ts";
import { followStream, NotificationStream } from "./resumable-streams.ts";

const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/**
 * The response to a request. If it is an error, `text` is its body; otherwise the body has yet to be read.
 */
interface Reply {
  router: MessageRouter;
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
  /** The router of the current session. */
  #router: MessageRouter;
  /** True once the first session is open. If it is lost earlier, the connection fails to open. */
  #opened = false;
  /** The capabilities that `knows` last found among those that the server was told. */
  #known: Params | undefined;
  #reopening: Promise<void> | undefined;
  #closed = false;
  readonly #requester: Requester;
  readonly #requests: InFlightRequests;
  #notifications: NotificationStream | undefined;
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
    this.#router = this.#newSession();
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
      const isAnswered = connection.#router.session.protocolVersion !== undefined;
      if (isEraMismatch(error) && !isAnswered) return { mismatch: error };
      throw error;
    }
  }

  async send(call: HostedCall): Promise<void> {
    if (!call.open) return;
    // A modern agent may reuse its id after an `input_required` result, while the request is still open in
    // the session.
    const request = call.era === "legacy" ? call.request : { ...toLegacyRequest(call.request), id: nextId() };
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
    void this.#router.session.post(raw ?? JSON.stringify(notification));
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
    this.#notifications?.close();
    await this.#requests.ended();
    await this.close();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#notifications?.close();
    this.#requests.stop(new UnreachableError("The connection to Imgwire is being closed."));
    await this.#router.session.end();
  }

  #newSession(): MessageRouter {
    return new MessageRouter(this.context, this.#requests, new Session(this.context, this.#lost));
  }

  async #initialize(): Promise<void> {
    const { client } = this.context;
    const version = LEGACY_VERSIONS.has(client.protocolVersion) ? client.protocolVersion : LATEST_LEGACY;
    const router = this.#router;
    const { session } = router;
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
    if (this.context.interests.changes) this.#notifications = new NotificationStream(this.context, router);
  }

  /** Opens a new session if the one that was lost is the current one. */
  readonly #lost = (session: Session): void => {
    const router = this.#router;
    if (session !== router.session || !this.#opened || this.#closed || this.#reopening) return;
    this.context.log.info("The session with Imgwire has ended; opening a new one.");
    this.#notifications?.close();
    router.abandon();
    this.#router = this.#newSession();
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
      const router = this.#router;
      const { session } = router;
      const response = await session.request(outgoing, call.headers);
      const { statusCode } = response;
      inFlight.lastMessageAt = Date.now();
      if (isOpening) session.open(response);
      if (statusCode < 400) return { router, response, text: undefined };
      const text = await session.bodies.text(response, (json) => json);
      if (again || isOpening || !session.isForgotten(statusCode, text)) return { router, response, text };
      session.lose();
    }
  }

  async #receive(inFlight: InFlightRequest, reply: Reply): Promise<void> {
    const { router, response, text } = reply;
    if (text !== undefined) this.#deliver(inFlight, reply, text);
    else if (isEventStream(response)) await followStream(response, inFlight, router);
    else await router.session.bodies.text(response, (json) => this.#deliver(inFlight, reply, json));
  }

  #deliver(
    inFlight: InFlightRequest,
    { router, response: { statusCode: status } }: Reply,
    text: string
  ): void {
    const messages = parseMessages(text);
    const { method } = inFlight.call.request;
    if (isFailure(method, status)) throw httpError(status, text, method);
    const isRefused = status >= 400 && method !== "initialize";
    if (isRefused && messages.some((message) => isModernCode(errorCodeOf(message)))) {
      this.usable = false;
      throw httpError(status, text, method);
    }
    for (const message of messages) router.take(message, inFlight);
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
    return this.#router.session.post(
      JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params })
    );
  }
}
