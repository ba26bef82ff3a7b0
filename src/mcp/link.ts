import type { Tool } from "@modelcontextprotocol/client";
import type { Log } from "../log.ts";
import type { Http } from "../system/http.ts";
import type { Authorization, Refusal } from "./authorization.ts";
import type { ClientFacts, HostedCall } from "./call.ts";
import { Endpoint } from "./connection/endpoint.ts";
import type { EraMemory } from "./era/memory.ts";
import type { HostedConnection, HostedContext, HostedEvents, Opening } from "./hosted-era.ts";
import type { Era, Notification } from "./message.ts";
import type { Wishes } from "./wishes.ts";

export interface LinkOptions {
  url: URL;
  http: () => Promise<Http>;
  authorization: () => Promise<Authorization>;
  headers: () => Record<string, string>;
  memory: EraMemory;
  wishes: Wishes;
  events: HostedEvents;
  /** Called whenever a connection has been opened. */
  opened: () => void;
  idleCallMs: number;
  tool: (name: string) => Tool | undefined;
  log: Log;
}

/**
 * The way to the hosted server: opened when first needed, opened again after it has broken, in the modern
 * era where the server speaks it: it needs no session, and nothing is lost when the agent is of the other one.
 */
export class Link {
  #endpoint: Endpoint | undefined;
  #connection: HostedConnection | undefined;
  #opening: Promise<HostedConnection> | undefined;
  #closed = false;
  #rerouted = new WeakSet<HostedCall>();

  constructor(private readonly options: LinkOptions) {}

  /** The connection, where one is open. */
  get connection(): HostedConnection | undefined {
    return this.#connection?.usable ? this.#connection : undefined;
  }

  /** Whether a connection is open or about to be. */
  get active(): boolean {
    return this.connection !== undefined || this.#opening !== undefined;
  }

  /** The hosted server's last refusal of our credentials, for a sign-in to start from. */
  get refusal(): Refusal | undefined {
    return this.#endpoint?.refusal;
  }

  /**
   * Opens the connection, once for all who ask at the same time.
   * @param client whom it is opened for
   * @throws SignInNeededError, UnreachableError, ImgwireError
   */
  async open(client: ClientFacts): Promise<HostedConnection> {
    const open = this.connection;
    if (open) return open;
    this.#opening ??= this.#open(client).finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  /** Sends a request on, opening the connection first where there is none. */
  send(call: HostedCall): void {
    const open = this.connection;
    if (open) return open.send(call);
    this.open(call.client).then(
      (connection) => connection.send(call),
      (error: unknown) => call.fail(error)
    );
  }

  /** Sends a notification on where a connection is open; without one it has nobody to tell. */
  notify(notification: Notification, raw: string): void {
    this.connection?.notify(notification, raw);
  }

  /**
   * Brings the hosted side in line with the wishes.
   * @param era the era of the agent whose wishes they are
   * @returns whether the agent's own request is what does it, and is to go on to a server of the same era
   */
  wishesChanged(era: Era): boolean {
    const passes = era === "legacy" && this.active && this.connection?.era !== "modern";
    if (!passes) this.connection?.wishesChanged();
    return passes;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#connection?.close(), this.options.memory.saved]);
  }

  async #open(client: ClientFacts): Promise<HostedConnection> {
    this.#endpoint ??= await this.#makeEndpoint();
    const context = this.#context(this.#endpoint, client);
    const first = this.options.memory.first;
    const opening = await openIn(first, context);
    const connection =
      "accepted" in opening ? opening.accepted : await this.#openOther(first, opening.refused, context);
    this.options.memory.spoke(connection.era);
    this.#connection = connection;
    if (this.#closed) await connection.close();
    else setImmediate(this.options.opened);
    return connection;
  }

  async #openOther(first: Era, refused: Error, context: HostedContext): Promise<HostedConnection> {
    this.options.log.debug(`The hosted server does not speak the ${first} era (${refused.message}).`);
    const opening = await openIn(other(first), context);
    if ("accepted" in opening) return opening.accepted;
    throw refused;
  }

  async #makeEndpoint(): Promise<Endpoint> {
    const { url, headers, log } = this.options;
    const [http, authorization] = await Promise.all([this.options.http(), this.options.authorization()]);
    return new Endpoint({ url, http, authorization, headers, log });
  }

  /** Sends a call over a new connection, once: the server may have been replaced by one of another era. */
  #reroute(call: HostedCall, error: Error): void {
    if (this.#rerouted.has(call)) return call.fail(error);
    this.#rerouted.add(call);
    this.send(call);
  }

  #context(endpoint: Endpoint, client: ClientFacts): HostedContext {
    const { wishes, events, idleCallMs, tool, log } = this.options;
    const reroute = (call: HostedCall, error: Error): void => this.#reroute(call, error);
    return { endpoint, client, wishes, events, idleCallMs, tool, reroute, log };
  }
}

function other(era: Era): Era {
  return era === "legacy" ? "modern" : "legacy";
}

async function openIn(era: Era, context: HostedContext): Promise<Opening> {
  if (era === "legacy") return (await import("./era/legacy/hosted.ts")).LegacyHosted.open(context);
  return (await import("./era/modern/hosted.ts")).ModernHosted.open(context);
}
