import { UnreachableError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import type { Headers, HostedCall } from "../../calls/hosted-call.ts";
import { Abort, discard, type Outgoing } from "../../hosted/http/transport.ts";
import { type Flight, Flights } from "../../hosted/http/in-flight.ts";
import { httpError, parseMessages } from "../../hosted/http/parse.ts";
import { mediaType, readText } from "../../hosted/http/sse.ts";
import type { HostedConnection, HostedContext, Opening, ServerInfo } from "../../hosted/connection.ts";
import { type Id, type Notification, type Params } from "../../protocol/message.ts";
import { OwnCall } from "../../calls/own-call.ts";
import { settleWithin } from "../../../system/timeout.ts";
import { isFailure, isRefusal } from "../../hosted/era-evidence.ts";
import { readServerInfo } from "../../hosted/server-info.ts";
import { Listener } from "./notification-stream.ts";
import { plainRequest } from "./plain.ts";
import { Posts } from "./posts.ts";
import { isModernError, isSessionLost, readRefusal, type Reply, sessionId } from "./reply.ts";
import { SessionSettings } from "./preferences.ts";
import { follow, type StreamOwner } from "./response-stream.ts";
import { Traffic } from "./router.ts";
import { type ClientInfo, includesCapabilities } from "../../protocol/capabilities.ts";
import { LATEST_LEGACY, LEGACY_VERSIONS } from "../../protocol/revisions.ts";

/** What identifies the present session; replaced as a whole when the server has forgotten it. */
interface Session {
  id: string | undefined;
  protocolVersion: string;
}

/** How long the server is given to acknowledge the end of the session; the process is about to exit. */
const DELETE_MS = 300;
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

/**
 * A connection to a hosted server of the revisions up to 2025-11-25: one session, opened with `initialize`, held by
 * `Mcp-Session-Id`, re-opened once when the server has forgotten it (transports, Streamable HTTP).
 */
export class LegacyHosted implements HostedConnection {
  readonly era = "legacy";
  usable = true;
  server: ServerInfo = { capabilities: {}, serverInfo: undefined, instructions: undefined };
  #session: Session | undefined;
  #reopening: Promise<void> | undefined;
  #closed = false;
  readonly #flights: Flights;
  readonly #posts: Posts;
  readonly #traffic: Traffic;
  readonly #streams: StreamOwner;
  readonly #listener: Listener;
  readonly #settings: SessionSettings;

  private constructor(private readonly context: HostedContext) {
    const { endpoint, events, interests, idleCallMs, log } = context;
    this.#flights = new Flights(idleCallMs);
    this.#posts = new Posts({ request: (outgoing) => this.#request(outgoing), limitMs: idleCallMs, log });
    this.#traffic = new Traffic(context, { session: () => this.#session, post: (body) => this.#post(body) });
    // A server that asks faster than it takes the answers is read no faster.
    const ready = (): Promise<void> | undefined => endpoint.ready() ?? events.ready();
    this.#streams = {
      endpoint,
      headers: (call) => this.#headers(call.headers),
      message: (message, flight) => this.#traffic.deliver(message, flight),
      ready
    };
    this.#listener = new Listener(endpoint, log, {
      headers: () => this.#headers(),
      message: (message) => this.#traffic.deliver(message, undefined),
      ready,
      lost: () => void this.#reopen(this.#session).catch(() => undefined)
    });
    this.#settings = new SessionSettings({
      interests,
      capabilities: () => this.server.capabilities,
      request: (method, params) => this.#own(method, params),
      log
    });
  }

  /**
   * Opens a session.
   * @throws what says nothing about the era: SignInNeededError, UnreachableError, ImgwireError
   */
  static async open(context: HostedContext): Promise<Opening> {
    const connection = new LegacyHosted(context);
    try {
      await connection.#initialize();
      return { accepted: connection };
    } catch (error) {
      connection.#closed = true;
      if (isRefusal(error)) return { refused: error };
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
    return this.#settings.subscribe();
  }

  knows({ capabilities }: ClientInfo): boolean {
    return includesCapabilities(this.context.client.capabilities, capabilities);
  }

  async retire(): Promise<void> {
    this.#listener.close();
    await this.#flights.ended();
    await this.close();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    this.#flights.stop(new UnreachableError("The connection to the hosted server is being closed."));
    if (this.#session?.id === undefined) return;
    const abort = new Abort();
    const deleted = this.#request({ method: "DELETE", abort, repeatable: false })
      .then(discard)
      .catch((error: unknown) => this.context.log.debug(`The session was not closed: ${String(error)}`));
    // Not all that may keep it waiting heeds the abort: a token that is being renewed, a pause between attempts.
    await settleWithin(DELETE_MS, deleted);
    abort.abort();
  }

  async #initialize(): Promise<void> {
    this.#session = undefined;
    const { client } = this.context;
    const version = LEGACY_VERSIONS.has(client.protocolVersion) ? client.protocolVersion : LATEST_LEGACY;
    const result = await this.#own("initialize", {
      protocolVersion: version,
      capabilities: client.capabilities,
      clientInfo: client.clientInfo ?? { name: "unknown", version: "0" }
    });
    const session: Session = this.#session ?? { id: undefined, protocolVersion: version };
    if (typeof result["protocolVersion"] === "string") session.protocolVersion = result["protocolVersion"];
    this.#session = session;
    this.server = readServerInfo(result, result["serverInfo"]);
    if ((await this.#posts.deliver(INITIALIZED)) === "session lost")
      throw new Error("The new session is lost.");
    this.#settings.restore();
    this.#listener.open();
  }

  #own(method: string, params: Params): Promise<Params> {
    const { client, ambient } = this.context;
    const call = new OwnCall(method, params, { client, headers: ambient.headers });
    this.send(call);
    return call.result;
  }

  async #run(call: HostedCall): Promise<void> {
    const request = plainRequest(call);
    const { id } = request;
    const flight = this.#flights.begin(call);
    this.#traffic.begin(id, flight);
    call.onCancel(() => this.#cancel(id, flight));
    try {
      const body = request === call.request && call.raw !== undefined ? call.raw : JSON.stringify(request);
      if (call.era === "modern") await this.#settings.match(request);
      await this.#receive(flight, await this.#exchange(flight, body));
    } catch (error) {
      this.#failed(flight, id, error);
    } finally {
      this.#flights.end(flight);
      this.#traffic.end(id, flight);
    }
  }

  #failed(flight: Flight, id: Id, error: unknown): void {
    if (flight.expired) void this.#tellCancelled(id);
    if (flight.abort.aborted) return;
    if (!this.usable && isRefusal(error)) this.context.reroute(flight.call, error, this.era);
    else flight.call.fail(error);
  }

  /** Makes the POST, in a new session when the one at hand turns out to be forgotten. */
  async #exchange(flight: Flight, body: string): Promise<Reply> {
    const opening = flight.call.request.method === "initialize";
    for (let again = false; ; again = true) {
      if (!opening) await this.#reopening;
      const session = (flight.session = this.#session);
      const { abort, call } = flight;
      // Cancelled while it waited for its turn: the server must not learn of it after its cancellation.
      const wanted = (): boolean => call.open;
      const { repeatable } = call;
      const response = await this.#request({ method: "POST", body, abort, repeatable, wanted }, call.headers);
      flight.heard = Date.now();
      if (opening) {
        flight.session = this.#session = { id: sessionId(response), protocolVersion: LATEST_LEGACY };
      }
      const reply = await readRefusal(response);
      if (session?.id === undefined || again || !isSessionLost(reply)) return reply;
      await this.#reopen(session);
    }
  }

  /** Opens a new session in place of `lost`, once for all who notice. */
  #reopen(lost: Session | undefined): Promise<void> {
    if (this.#closed || this.#session !== lost) return this.#reopening ?? Promise.resolve();
    this.context.log.info("The hosted session has ended; opening a new one.");
    this.#traffic.lost();
    this.#reopening ??= this.#initialize()
      .catch((error: unknown) => {
        this.usable = false;
        throw error;
      })
      .finally(() => (this.#reopening = undefined));
    return this.#reopening;
  }

  async #receive(flight: Flight, { response, text: read }: Reply): Promise<void> {
    if (mediaType(response) === "text/event-stream" && response.statusCode === 200) {
      this.#listener.revive();
      return follow(flight, response, this.#streams);
    }
    const text = read ?? (await readText(response));
    const messages = parseMessages(text);
    const { method } = flight.call.request;
    if (isFailure(method, response.statusCode)) throw httpError(response, text);
    const refused = response.statusCode >= 400 && method !== "initialize";
    if (refused && messages.some(({ classified }) => isModernError(classified))) {
      this.usable = false;
      throw httpError(response, text);
    }
    for (const message of messages) this.#traffic.deliver(message, flight);
    if (flight.call.open && !flight.abort.aborted) throw httpError(response, text);
    this.#listener.revive();
  }

  /** The agent wants no answer any more: the server is told, and then not listened to. */
  #cancel(id: Id, flight: Flight): void {
    this.#traffic.end(id, flight);
    void this.#tellCancelled(id).finally(() => flight.abort.abort());
  }

  async #tellCancelled(requestId: Id): Promise<void> {
    const params = { requestId };
    await this.#post(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }));
  }

  /**
   * Sends a notification or a response.
   * @returns false when the session it belongs to is gone; another one is being opened
   */
  async #post(body: string): Promise<boolean> {
    if (this.#closed) return true;
    const session = this.#session;
    if ((await this.#posts.send(body)) || session?.id === undefined) return true;
    void this.#reopen(session).catch(() => undefined);
    return false;
  }

  #request(outgoing: Omit<Outgoing, "headers">, headers?: Headers): Promise<HttpResponse> {
    return this.context.endpoint.send({ ...outgoing, headers: this.#headers(headers) });
  }

  #headers(more: Headers = this.context.ambient.headers): Record<string, string> {
    const session = this.#session;
    return {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(session && { "mcp-protocol-version": session.protocolVersion }),
      ...(session?.id !== undefined && { "mcp-session-id": session.id }),
      ...more
    };
  }
}
