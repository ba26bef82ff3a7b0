import type { Tool } from "@modelcontextprotocol/client";
import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import type { Headers, HostedCall } from "../calls/hosted-call.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import type { InputRequests, InputResponses } from "../protocol/input-request.ts";
import type { Era, Notification, Params } from "../protocol/message.ts";
import type { HttpTransport } from "./http/transport.ts";

/** What the hosted server says about itself, in `initialize` or `server/discover`. */
export interface ServerInfo {
  capabilities: Params;
  serverInfo: Params | undefined;
  instructions: string | undefined;
}

/** What the agent wants to receive besides the answers to its requests, in either era. */
export class Interests {
  /** @param changes whether it wants to be notified of changes at all */
  constructor(readonly changes = true) {}

  /** The lowest log level to pass on; undefined until the agent sets one. */
  logLevel: string | undefined;
  /** URIs of the resources whose updates it wants. */
  readonly resources = new Set<string>();
}

/** Handles what the hosted server sends outside any call. */
export interface HostedEvents {
  /** Handles a notification that belongs to no request. */
  notification(notification: Notification, raw: string): void;
  /** Responds to input requests outside any call. */
  ask(requests: InputRequests, signal: AbortSignal): Promise<InputResponses>;
  /** Resolves when more can be written to the agent; undefined if it already can. */
  ready: () => Promise<void> | undefined;
}

/** The hosted tools, for the arguments that go into `Mcp-Param-*` header fields. */
export interface KnownTools {
  /** Finds a tool as last listed; if it isn't known, the tools are listed first. Throws as a call does. */
  find: (name: string) => Promise<Tool | undefined>;
  /** Lists the tools again. */
  refresh: () => Promise<unknown>;
}

/** What every hosted connection is given. */
export interface HostedContext {
  transport: HttpTransport;
  /** The hosted MCP endpoint, which determines the addresses that the server may name. */
  url: URL;
  /** The client the connection is opened for. */
  client: ClientInfo;
  /**
   * The headers of the latest call, also sent with what belongs to no call: streams, notifications and our
   * own requests.
   */
  ambient: { readonly headers: Headers };
  interests: Interests;
  events: HostedEvents;
  /** How long a call may go without any message before it is abandoned, in milliseconds. */
  idleCallMs: number;
  tools: KnownTools;
  /** The server info, if it is already known and needn't be requested. */
  server: ServerInfo | undefined;
  /** Retries a call that the server rejected, possibly because it no longer speaks the era `from`. */
  reroute: (call: HostedCall, error: Error, from: Era) => void;
  log: Log;
}

/** An open connection to the hosted server, in the era it speaks. */
export interface HostedConnection {
  readonly era: Era;
  readonly server: ServerInfo;
  /** False once it has broken for good and another must be opened. */
  readonly usable: boolean;
  /** Whether the server knows all of this client's capabilities. */
  knows(client: ClientInfo): boolean;
  /** Sends a request and reports its outcome to the call. Resolves when nothing more will arrive for it. */
  send(call: HostedCall): Promise<void>;
  /** Sends a notification, if clients send notifications in this era. */
  notify(notification: Notification, raw: string | undefined): void;
  /** Informs the server that interests changed; resolves when it has accepted or refused them. */
  interestsChanged(): Promise<void>;
  /** Closes the connection once all its requests are answered. Nothing more is sent over it. */
  retire(): Promise<void>;
  /** Closes the connection immediately: open calls fail, and the session, if there is one, is ended. */
  close(): Promise<void>;
}

/**
 * The outcome of trying one era. A `mismatch` means that the server speaks the other one. Failures that don't
 * indicate the era (sign-in needed, 5xx, no network) are thrown instead.
 */
export type EraAttempt = { opened: HostedConnection } | { mismatch: Error };

/**
 * Reads the server info from the result of `initialize` or `server/discover`.
 * @param serverInfo passed separately, because the two results have it in different places
 */
export function readServerInfo({ capabilities, instructions }: Params, serverInfo: unknown): ServerInfo {
  return {
    capabilities: isObject(capabilities) ? capabilities : {},
    serverInfo: isObject(serverInfo) ? serverInfo : undefined,
    instructions: typeof instructions === "string" ? instructions : undefined
  };
}
