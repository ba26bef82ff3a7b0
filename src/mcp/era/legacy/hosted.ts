import { ImgwireError, UnreachableError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/http.ts";
import type { ClientFacts, HostedCall } from "../../call.ts";
import { includesCapabilities } from "../../client.ts";
import { Abort, discard } from "../../connection/endpoint.ts";
import { type Flight, Flights } from "../../connection/flight.ts";
import { httpError, parseMessages } from "../../connection/parse.ts";
import { mediaType, readEvents, readText } from "../../connection/read.ts";
import { interrupted } from "../../connection/retry.ts";
import type { HostedConnection, HostedContext, Opening, ServerFacts } from "../../hosted-era.ts";
import {
  type Classified,
  HEADER_MISMATCH,
  type Id,
  isObject,
  metaOf,
  type Notification,
  type Params,
  type Response,
  UNSUPPORTED_PROTOCOL_VERSION
} from "../../message.ts";
import { OwnCall } from "../../own-call.ts";
import { isRefusal } from "../refusal.ts";
import { Inquiries } from "./inquiries.ts";
import { plainRequest } from "./plain.ts";
import { Listener } from "./listener.ts";
import { LATEST_LEGACY, LEGACY_VERSIONS } from "./versions.ts";

/** What identifies the present session; replaced as a whole when the server has forgotten it. */
interface Session {
  id: string | undefined;
  protocolVersion: string;
}

/** The head of an answer, and its text where it is a refusal. */
interface Reply {
  response: HttpResponse;
  text?: string;
}

/** How long the server is given to acknowledge the end of the session; the process is about to exit. */
const DELETE_MS = 300;
const RECONNECT_FLOOR_MS = 1_000;
const ACCEPT = "application/json, text/event-stream";

/**
 * A connection to a hosted server of the revisions up to 2025-11-25: one session, opened with `initialize`, held by
 * `Mcp-Session-Id`, re-opened once when the server has forgotten it (transports, Streamable HTTP).
 */
export class LegacyHosted implements HostedConnection {
  readonly era = "legacy";
  usable = true;
  server: ServerFacts = { capabilities: {}, serverInfo: undefined, instructions: undefined };
  #session: Session | undefined;
  #reopening: Promise<void> | undefined;
  #pending = new Map<Id, Flight>();
  #flights: Flights;
  #inquiries: Inquiries;
  #listener: Listener;
  #subscribed = new Set<string>();
  #logLevel: string | undefined;
  #closed = false;

  private constructor(private readonly context: HostedContext) {
    this.#flights = new Flights(context.idleCallMs);
    this.#inquiries = new Inquiries(context, (response) => this.#post(JSON.stringify(response)));
    this.#listener = new Listener(context.endpoint, context.log, {
      headers: () => this.#headers(),
      message: (message) => this.#deliver(message, undefined),
      ready: () => context.events.ready(),
      lost: () => void this.#reopen(this.#session).catch(() => undefined)
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
    void this.#run(call);
  }

  notify(notification: Notification, raw: string | undefined): void {
    this.#post(raw ?? JSON.stringify(notification));
  }

  /** Brings the session's subscriptions in line with the wishes of an agent that has no `resources/subscribe`. */
  wishesChanged(): void {
    const { resources } = this.context.wishes;
    for (const uri of resources) if (!this.#subscribed.has(uri)) this.#settle("resources/subscribe", uri);
    for (const uri of this.#subscribed) if (!resources.has(uri)) this.#settle("resources/unsubscribe", uri);
    this.#subscribed = new Set(resources);
  }

  knows({ capabilities }: ClientFacts): boolean {
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
    const timer = setTimeout(() => abort.abort(), DELETE_MS);
    const request = { method: "DELETE", headers: this.#headers(), abort, repeatable: false } as const;
    await this.context.endpoint
      .send(request)
      .then(discard)
      .catch((error: unknown) => this.context.log.debug(`The session was not closed: ${String(error)}`));
    clearTimeout(timer);
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
    this.#logLevel = undefined;
    this.server = serverFacts(result);
    await this.#postNow('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    this.#restore();
    this.#listener.open();
  }

  /** Tells a new session what the one before was told. */
  #restore(): void {
    const { wishes } = this.context;
    this.#subscribed = new Set(wishes.resources);
    if (wishes.logLevel !== undefined && isObject(this.server.capabilities["logging"])) {
      void this.#own("logging/setLevel", { level: wishes.logLevel }).catch(this.#shrug);
    }
    for (const uri of wishes.resources) this.#settle("resources/subscribe", uri);
  }

  /** Has the session log what a modern request asks for by itself. */
  async #matchLogLevel({ request }: HostedCall): Promise<void> {
    const level = metaOf(request)["io.modelcontextprotocol/logLevel"];
    if (
      typeof level !== "string" ||
      level === this.#logLevel ||
      !isObject(this.server.capabilities["logging"])
    )
      return;
    this.#logLevel = level;
    await this.#own("logging/setLevel", { level }).catch(this.#shrug);
  }

  #settle(method: string, uri: string): void {
    void this.#own(method, { uri }).catch(this.#shrug);
  }

  readonly #shrug = (error: unknown): void => {
    this.context.log.debug(`The hosted server did not take a setting over: ${String(error)}`);
  };

  #own(method: string, params: Params): Promise<Params> {
    const call = new OwnCall(method, params, { client: this.context.client });
    this.send(call);
    return call.result;
  }

  async #run(call: HostedCall): Promise<void> {
    const request = plainRequest(call);
    const body = request === call.request && call.raw !== undefined ? call.raw : JSON.stringify(request);
    const flight = this.#flights.begin(call);
    this.#pending.set(request.id, flight);
    call.onCancel(() => this.#cancel(request.id, flight));
    try {
      if (call.era === "modern") await this.#matchLogLevel(call);
      await this.#receive(flight, await this.#exchange(flight, body));
    } catch (error) {
      if (flight.abort.aborted) return;
      if (!this.usable && isRefusal(error)) this.context.reroute(call, error);
      else call.fail(error);
    } finally {
      this.#flights.end(flight);
      if (this.#pending.get(request.id) === flight) this.#pending.delete(request.id);
    }
  }

  /** Makes the POST, in a new session when the one at hand turns out to be forgotten. */
  async #exchange(flight: Flight, body: string): Promise<Reply> {
    const opening = flight.call.request.method === "initialize";
    for (let again = false; ; again = true) {
      if (!opening) await this.#reopening;
      const session = this.#session;
      const response = await this.context.endpoint.send({
        method: "POST",
        headers: this.#headers(),
        body,
        abort: flight.abort,
        repeatable: flight.call.repeatable
      });
      flight.heard = Date.now();
      if (opening) this.#session = { id: sessionId(response), protocolVersion: LATEST_LEGACY };
      const reply = await readRefusal(response);
      if (session?.id === undefined || again || !isSessionLost(reply)) return reply;
      await this.#reopen(session);
    }
  }

  /** Opens a new session in place of `lost`, once for all who notice. */
  #reopen(lost: Session | undefined): Promise<void> {
    if (this.#closed || this.#session !== lost) return this.#reopening ?? Promise.resolve();
    this.context.log.info("The hosted session has ended; opening a new one.");
    this.#reopening ??= this.#initialize()
      .catch((error: unknown) => {
        this.usable = false;
        throw error;
      })
      .finally(() => (this.#reopening = undefined));
    return this.#reopening;
  }

  async #receive(flight: Flight, reply: Reply): Promise<void> {
    const { response } = reply;
    if (mediaType(response) === "text/event-stream" && response.statusCode === 200) {
      return this.#follow(flight, response);
    }
    const text = reply.text ?? (await readText(response));
    const messages = parseMessages(text);
    const opened = flight.call.request.method !== "initialize";
    if (
      opened &&
      response.statusCode >= 400 &&
      messages.some(({ classified }) => isModernError(classified))
    ) {
      this.usable = false;
      throw httpError(response, text);
    }
    for (const message of messages) this.#deliver(message, flight);
    if (flight.call.open && !flight.abort.aborted) throw httpError(response, text);
  }

  /** Reads the stream that answers a request, and resumes it where it is cut and the server has said how. */
  async #follow(flight: Flight, first: HttpResponse): Promise<void> {
    let lastEventId: string | undefined;
    let retryMs: number | undefined;
    let response = first;
    for (;;) {
      const connectedAt = Date.now();
      let cut: unknown;
      const sink = {
        onData: (data: string) => parseMessages(data).forEach((message) => this.#deliver(message, flight)),
        onId: (id: string) => (lastEventId = id),
        onRetry: (ms: number) => (retryMs = ms),
        ready: () => this.context.events.ready()
      };
      await readEvents(response, sink, () => !flight.call.open).catch((error: unknown) => (cut = error));
      if (!flight.call.open || flight.abort.aborted) return;
      if (cut instanceof ImgwireError) throw cut;
      if (lastEventId === undefined) throw interrupted(cut);
      const pause = Math.max(retryMs ?? RECONNECT_FLOOR_MS, RECONNECT_FLOOR_MS - (Date.now() - connectedAt));
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (!flight.call.open || flight.abort.aborted) return;
      response = await this.#resume(flight, lastEventId);
    }
  }

  async #resume(flight: Flight, lastEventId: string): Promise<HttpResponse> {
    const response = await this.context.endpoint.send({
      method: "GET",
      headers: { ...this.#headers(), accept: "text/event-stream", "last-event-id": lastEventId },
      abort: flight.abort,
      repeatable: true
    });
    if (response.statusCode === 200 && mediaType(response) === "text/event-stream") return response;
    await discard(response);
    throw interrupted();
  }

  /** Takes one message of the server, from whatever stream it came in. */
  #deliver({ classified, raw }: ReturnType<typeof parseMessages>[number], flight: Flight | undefined): void {
    if (flight) flight.heard = Date.now();
    switch (classified.kind) {
      case "response":
        return this.#answered(classified.message, raw);
      case "request":
        return this.#inquiries.ask(classified.message, flight?.call);
      case "notification":
        return this.#notified(classified.message, raw, flight);
      case "invalid":
        this.context.log.warn(`The hosted server sent a message that is not JSON-RPC: ${classified.reason}.`);
    }
  }

  #answered(response: Response, raw: string): void {
    const flight = this.#pending.get(response.id);
    if (!flight)
      return this.context.log.debug(`An answer nobody waits for was dropped: ${raw.slice(0, 200)}`);
    this.#pending.delete(response.id);
    flight.call.respond(response, raw, "legacy");
  }

  #notified(notification: Notification, raw: string, flight: Flight | undefined): void {
    const { method, params } = notification;
    if (method === "notifications/cancelled") return this.#inquiries.withdraw(params?.["requestId"] as Id);
    const target = method === "notifications/progress" ? this.#progressing(notification, flight) : flight;
    if (target && (method === "notifications/progress" || method === "notifications/message")) {
      target.heard = Date.now();
      target.call.notify(notification, raw);
    } else {
      this.context.events.notification(notification, raw);
    }
  }

  /** The request a progress notification belongs to, where it did not come in that request's stream. */
  #progressing(notification: Notification, flight: Flight | undefined): Flight | undefined {
    if (flight) return flight;
    const token = notification.params?.["progressToken"];
    for (const each of this.#pending.values()) {
      const meta = each.call.request.params?.["_meta"];
      if (isObject(meta) && meta["progressToken"] === token) return each;
    }
    return undefined;
  }

  #cancel(id: Id, flight: Flight): void {
    if (this.#pending.get(id) === flight) this.#pending.delete(id);
    const params = { requestId: id };
    this.#post(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }), () =>
      flight.abort.abort()
    );
  }

  /** Sends a notification or a response; that it failed is logged, nobody waits for it. */
  #post(body: string, done?: () => void): void {
    if (this.#closed) return done?.();
    void this.#postNow(body)
      .catch((error: unknown) =>
        this.context.log.info(`A message did not reach the hosted server: ${String(error)}`)
      )
      .finally(done);
  }

  /** What arrives twice is ignored the second time: an answered question, a request that is gone, a known fact. */
  async #postNow(body: string): Promise<void> {
    const request = {
      method: "POST",
      headers: this.#headers(),
      body,
      abort: new Abort(),
      repeatable: true
    } as const;
    const response = await this.context.endpoint.send(request);
    await discard(response);
    if (response.statusCode >= 400) throw new Error(`HTTP status ${response.statusCode}`);
  }

  #headers(): Record<string, string> {
    const session = this.#session;
    return {
      "content-type": "application/json",
      accept: ACCEPT,
      ...(session && { "mcp-protocol-version": session.protocolVersion }),
      ...(session?.id !== undefined && { "mcp-session-id": session.id })
    };
  }
}

/** Whether an error can only come from a server that has never heard of sessions. */
function isModernError(classified: Classified): boolean {
  const code = classified.kind === "response" ? classified.message.error?.code : undefined;
  return code === UNSUPPORTED_PROTOCOL_VERSION || code === HEADER_MISMATCH;
}

async function readRefusal(response: HttpResponse): Promise<Reply> {
  return response.statusCode < 400 ? { response } : { response, text: await readText(response) };
}

/** 404 is what the specification says; servers that keep their sessions in a map often say 400 and why. */
function isSessionLost({ response, text }: Reply): boolean {
  return response.statusCode === 404 || (response.statusCode === 400 && /\bsession\b/i.test(text ?? ""));
}

function sessionId(response: HttpResponse): string | undefined {
  const field = response.headers["mcp-session-id"];
  return Array.isArray(field) ? field[0] : field;
}

function serverFacts(result: Params): ServerFacts {
  const { capabilities, serverInfo, instructions } = result;
  return {
    capabilities: isObject(capabilities) ? capabilities : {},
    serverInfo: isObject(serverInfo) ? serverInfo : undefined,
    instructions: typeof instructions === "string" ? instructions : undefined
  };
}
