import type { Tool } from "@modelcontextprotocol/client";
import { UnreachableError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { Http } from "../../system/http.ts";
import { settleWithin } from "../../system/timeout.ts";
import type { Caller, Headers, HostedCall } from "../calls/hosted-call.ts";
import { HttpTransport } from "./http/transport.ts";
import type { HostedConnection, HostedContext, HostedEvents, Interests, Opening } from "./connection.ts";
import type { Era, Notification, Params } from "../protocol/message.ts";
import type { AuthProvider } from "../../authorization.ts";
import { type ClientInfo, joinCapabilities } from "../protocol/capabilities.ts";
import type { EraMemory } from "./era.ts";

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
  tool: (name: string) => Tool | undefined;
  log: Log;
}

/** How long a connection that is being opened may hold up the end of the process. */
const OPENING_MS = 500;
/** How long to wait for the server to take what the agent is interested in. */
const CONFORM_TIMEOUT_MS = 3_000;

/**
 * The way to the hosted server: opened when first needed, opened again after it has broken, in the modern era
 * where the server speaks it: it needs no session, and nothing is lost when the agent is of the other one.
 */
export class HostedClient {
  #transport: HttpTransport | undefined;
  #connection: HostedConnection | undefined;
  /** Connections that end with the last call under way on them. */
  #retired = new Set<HostedConnection>();
  /** All that the client has been seen to be able to do. */
  #capabilities: Params = {};
  #opening: Promise<HostedConnection> | undefined;
  #closed = false;
  #rerouted = new WeakSet<HostedCall>();
  readonly #ambient: { headers: Headers } = { headers: {} };

  constructor(private readonly options: HostedClientOptions) {}

  /** The connection, where one is open. */
  get connection(): HostedConnection | undefined {
    return this.#connection?.usable ? this.#connection : undefined;
  }

  /** Whether a connection is open or about to be. */
  get active(): boolean {
    return this.connection !== undefined || this.#opening !== undefined;
  }

  /**
   * Opens the connection, once for all who ask at the same time; opens another in its place for a client that
   * can do more than the server was told.
   * @param caller whom it is opened for
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

  /** Sends a request on, opening the connection first where there is none. */
  send(call: HostedCall): void {
    this.#ambient.headers = call.headers;
    const open = this.connection;
    if (open?.knows(call.client)) return open.send(call);
    if (this.#closed)
      return call.fail(new UnreachableError("The connection to the hosted server is closed."));
    this.open(call).then(
      (connection) => connection.send(call),
      (error: unknown) => call.fail(error)
    );
  }

  /** Sends a notification on where a connection is open; without one it has nobody to tell. */
  notify(notification: Notification, raw: string): void {
    this.connection?.notify(notification, raw);
  }

  /**
   * Brings the hosted side in line with the interests.
   * @param era the era of the agent whose interests they are
   * @returns undefined where the agent's own request is what does it, and is to go on to a server of the same
   *   era; otherwise what resolves when the server has taken them, or has been waited for long enough
   */
  interestsChanged(era: Era): Promise<void> | undefined {
    if (era === "legacy" && this.active && this.connection?.era !== "modern") return undefined;
    return settleWithin(CONFORM_TIMEOUT_MS, this.#conform());
  }

  async #conform(): Promise<void> {
    const connection = this.connection ?? (await this.#opening);
    await connection?.interestsChanged();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connections = [this.#connection, ...this.#retired];
    await Promise.all([
      ...connections.map((each) => each?.close()),
      // A session that nobody knew of could not be ended.
      settleWithin(OPENING_MS, Promise.resolve(this.#opening)),
      this.options.memory.saved
    ]);
  }

  async #open(client: ClientInfo): Promise<HostedConnection> {
    this.#transport ??= await this.#createTransport();
    const context = this.#context(this.#transport, client);
    const first = this.options.memory.first;
    const opening = await openIn(first, context);
    const connection =
      "accepted" in opening ? opening.accepted : await this.#openOther(first, opening.refused, context);
    this.options.memory.spoke(connection.era);
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

  async #openOther(first: Era, refused: Error, context: HostedContext): Promise<HostedConnection> {
    this.options.log.debug(`The hosted server does not speak the ${first} era (${refused.message}).`);
    if (this.#closed) throw refused;
    const opening = await openIn(other(first), context);
    if ("accepted" in opening) return opening.accepted;
    throw refused;
  }

  async #createTransport(): Promise<HttpTransport> {
    const { url, events, log } = this.options;
    const [http, authorization] = await Promise.all([this.options.http(), this.options.authorization()]);
    return new HttpTransport({ url, http, authorization, ready: events.ready, log });
  }

  /**
   * Sends a call over a new connection, once, where the server turns out to have been replaced by one of
   * another era.
   */
  #reroute(call: HostedCall, error: Error, from: Era): void {
    if (this.#rerouted.has(call)) return call.fail(error);
    this.#rerouted.add(call);
    this.open(call).then(
      (connection) => {
        // Without a session there is nothing that a new connection changes.
        if (from === "modern" && connection.era === "modern") call.fail(error);
        else connection.send(call);
      },
      (failure: unknown) => call.fail(failure)
    );
  }

  #context(transport: HttpTransport, client: ClientInfo): HostedContext {
    const { url, interests, events, idleCallMs, tool, log } = this.options;
    const reroute: HostedContext["reroute"] = (call, error, from) => this.#reroute(call, error, from);
    return {
      transport,
      url,
      client,
      ambient: this.#ambient,
      interests,
      events,
      idleCallMs,
      tool,
      reroute,
      log
    };
  }
}

function other(era: Era): Era {
  return era === "legacy" ? "modern" : "legacy";
}

async function openIn(era: Era, context: HostedContext): Promise<Opening> {
  if (era === "legacy") return (await import("../era/legacy/connection.ts")).LegacyHosted.open(context);
  return (await import("../era/modern/connection.ts")).ModernHosted.open(context);
}
