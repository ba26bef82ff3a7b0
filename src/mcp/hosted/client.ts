import { UnreachableError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { Http } from "../../system/http.ts";
import { settleWithin } from "../../system/timeout.ts";
import type { Caller, Headers, HostedCall } from "../calls/hosted-call.ts";
import { HttpTransport } from "./http/transport.ts";
import type {
  EraAttempt,
  HostedConnection,
  HostedContext,
  HostedEvents,
  Interests,
  KnownTools,
  ServerInfo
} from "./connection.ts";
import type { Era, Notification, Params } from "../protocol/message.ts";
import type { AuthProvider } from "../../authorization.ts";
import { type ClientInfo, joinCapabilities } from "../protocol/capabilities.ts";
import type { EraMemory } from "./era-memory.ts";

export interface HostedClientOptions {
  url: URL;
  http: () => Promise<Http>;
  authorization: () => Promise<AuthProvider>;
  memory: EraMemory;
  interests: Interests;
  events: HostedEvents;
  /** Called whenever a connection has been opened. */
  opened: () => void;
  idleCallMs: number;
  tools: KnownTools;
  /** The server info from last time, if the first request needn't wait for it to be fetched again. */
  server?: ServerInfo | undefined;
  log: Log;
}

/** How long a connection that is still being opened may delay the exit. */
const OPENING_TIMEOUT_MS = 500;
/** How long to wait for the server to accept the agent's interests. */
const INTERESTS_TIMEOUT_MS = 3_000;

/**
 * The hosted client: opens a connection when it is first needed, and another after it breaks. If the server
 * speaks both eras, the modern one is used whatever the agent speaks, because it needs no session.
 */
export class HostedClient {
  #transport: HttpTransport | undefined;
  #connection: HostedConnection | undefined;
  /** Replaced connections, each of which closes after its last call. */
  #retired = new Set<HostedConnection>();
  /** Every capability that a client has declared so far. */
  #capabilities: Params = {};
  #opening: Promise<HostedConnection> | undefined;
  #closed = false;
  #rerouted = new WeakSet<HostedCall>();
  readonly #ambient: { headers: Headers } = { headers: {} };
  /** Used for the first connection only; later ones ask the server. */
  #server: ServerInfo | undefined;

  constructor(private readonly options: HostedClientOptions) {
    this.#server = options.server;
  }

  /** The connection, if one is open. */
  get connection(): HostedConnection | undefined {
    return this.#connection?.usable ? this.#connection : undefined;
  }

  /** Whether a connection is open or being opened. */
  get active(): boolean {
    return this.connection !== undefined || this.#opening !== undefined;
  }

  /**
   * Opens the connection; single-flight. If the client has capabilities that the server wasn't told of, opens
   * a new connection in its place.
   * @param caller the client that it is opened for, and the headers to send
   * @throws SignInNeededError, UnreachableError, ImgwireError
   */
  async open(caller: Caller): Promise<HostedConnection> {
    const { client, headers } = caller;
    this.#ambient.headers = headers;
    const open = this.connection;
    if (open?.knows(client)) return open;
    if (this.#opening) {
      await this.#opening;
      return this.open(caller);
    }
    this.#capabilities = joinCapabilities(this.#capabilities, client.capabilities);
    const opening = this.#open({ ...client, capabilities: this.#capabilities });
    this.#opening = opening.finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  /** Sends a request, opening the connection first if there is none. */
  send(call: HostedCall): void {
    this.#ambient.headers = call.headers;
    const open = this.connection;
    if (open?.knows(call.client)) return void open.send(call);
    if (this.#closed) return call.fail(new UnreachableError("The connection to Imgwire is closed."));
    this.open(call).then(
      (connection) => void connection.send(call),
      (error: unknown) => call.fail(error)
    );
  }

  /** Sends a notification if a connection is open; otherwise drops it. */
  notify(notification: Notification, raw: string): void {
    this.connection?.notify(notification, raw);
  }

  /**
   * Informs the hosted server that the agent's interests changed.
   * @param era the agent's era
   * @returns undefined if the agent's own request is to be forwarded instead; otherwise a promise that
   *   resolves when the server has accepted them, or after a timeout
   */
  interestsChanged(era: Era): Promise<void> | undefined {
    if (era === "legacy" && this.active && this.connection?.era !== "modern") return undefined;
    return settleWithin(INTERESTS_TIMEOUT_MS, this.#updateInterests());
  }

  async #updateInterests(): Promise<void> {
    const connection = this.connection ?? (await this.#opening);
    await connection?.interestsChanged();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connections = [this.#connection, ...this.#retired];
    await Promise.all([
      ...connections.map((each) => each?.close()),
      // Otherwise a session that is still being opened would never be ended.
      settleWithin(OPENING_TIMEOUT_MS, Promise.resolve(this.#opening)),
      this.options.memory.saved
    ]);
  }

  async #open(client: ClientInfo): Promise<HostedConnection> {
    this.#transport ??= await this.#createTransport();
    const context = this.#context(this.#transport, client);
    const first = this.options.memory.first;
    this.#server = undefined;
    const attempt = await openIn(first, context);
    const connection =
      "opened" in attempt ? attempt.opened : await this.#openOther(first, attempt.mismatch, context);
    this.options.memory.record(connection.era);
    this.#retire(this.#connection);
    this.#connection = connection;
    if (this.#closed) await connection.close();
    else setImmediate(this.options.opened);
    return connection;
  }

  #retire(connection: HostedConnection | undefined): void {
    if (!connection) return;
    this.#retired.add(connection);
    void connection.retire().finally(() => this.#retired.delete(connection));
  }

  async #openOther(first: Era, mismatch: Error, context: HostedContext): Promise<HostedConnection> {
    this.options.log.debug(`Imgwire doesn't speak the ${first} era (${mismatch.message}).`);
    if (this.#closed) throw mismatch;
    const attempt = await openIn(other(first), { ...context, server: undefined });
    if ("opened" in attempt) return attempt.opened;
    throw mismatch;
  }

  async #createTransport(): Promise<HttpTransport> {
    const { url, events, log } = this.options;
    const [http, authorization] = await Promise.all([this.options.http(), this.options.authorization()]);
    return new HttpTransport({ url, http, authorization, ready: events.ready, log });
  }

  /** Resends a call once over a new connection: the server may have been replaced by one of the other era. */
  #reroute(call: HostedCall, error: Error, from: Era): void {
    if (this.#rerouted.has(call)) return call.fail(error);
    this.#rerouted.add(call);
    this.open(call).then(
      (connection) => {
        // Without sessions, a new connection makes no difference.
        if (from === "modern" && connection.era === "modern") call.fail(error);
        else void connection.send(call);
      },
      (failure: unknown) => call.fail(failure)
    );
  }

  #context(transport: HttpTransport, client: ClientInfo): HostedContext {
    const { url, interests, events, idleCallMs, tools, log } = this.options;
    const reroute: HostedContext["reroute"] = (call, error, from) => this.#reroute(call, error, from);
    return {
      transport,
      url,
      client,
      ambient: this.#ambient,
      interests,
      events,
      idleCallMs,
      tools,
      server: this.#server,
      reroute,
      log
    };
  }
}

function other(era: Era): Era {
  return era === "legacy" ? "modern" : "legacy";
}

async function openIn(era: Era, context: HostedContext): Promise<EraAttempt> {
  if (era === "legacy") return (await import("../era/legacy/connection.ts")).LegacyHosted.open(context);
  return (await import("../era/modern/connection.ts")).ModernHosted.open(context);
}
