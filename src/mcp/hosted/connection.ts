import type { Tool } from "@modelcontextprotocol/client";
import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import type { Headers, HostedCall } from "../calls/hosted-call.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import type { InputRequests, InputResponses } from "../protocol/input-request.ts";
import type { Era, Notification, Params, Request } from "../protocol/message.ts";
import { LATEST_LEGACY, LEGACY_VERSIONS } from "../protocol/revisions.ts";
import type { HttpTransport } from "./http/transport.ts";

/** What the hosted server says about itself, in `initialize` or `server/discover`. */
export interface ServerInfo {
  capabilities: Params;
  serverInfo: Params | undefined;
  instructions: string | undefined;
}

/** What the agent wants to be told besides the answers to its requests, in either era. */
export class Interests {
  /** @param changes whether it wants to hear of anything else than the answers at all */
  constructor(readonly changes = true) {}

  /** The lowest log level to pass on; undefined while it has asked for none. */
  logLevel: string | undefined;
  /** URIs of the resources whose updates it wants. */
  readonly resources = new Set<string>();
}

/** Levels of log messages, from the least severe to the most (MCP 2025-11-25, server/utilities/logging). */
export const LOG_LEVELS: readonly string[] = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency"
];

/** Takes what a hosted connection brings up by itself. */
export interface HostedEvents {
  /** Takes a notification that belongs to no request of ours. */
  notification(notification: Notification, raw: string): void;
  /** Responds to input requests outside any call. */
  ask(requests: InputRequests, signal: AbortSignal): Promise<InputResponses>;
  /** Resolves when more can be written to the agent; undefined if it can. */
  ready: () => Promise<void> | undefined;
}

/** What every hosted connection is given. */
export interface HostedContext {
  transport: HttpTransport;
  /** The hosted MCP endpoint, which decides what addresses the server may name. */
  url: URL;
  /** The client the connection is opened for. */
  client: ClientInfo;
  /**
   * The headers of the latest call, for what belongs to no call: streams, notifications, our own requests.
   */
  ambient: { readonly headers: Headers };
  interests: Interests;
  events: HostedEvents;
  /** Milliseconds without a message after which a call is given up. */
  idleCallMs: number;
  /** A hosted tool as it was last listed. */
  tool: (name: string) => Tool | undefined;
  /** What the server is, where it needn't be asked because this is known from before. */
  server: ServerInfo | undefined;
  /** Takes back a call that the server refused unseen, maybe because it no longer speaks the era `from`. */
  reroute: (call: HostedCall, error: Error, from: Era) => void;
  log: Log;
}

/** An open connection to the hosted server, in the era it speaks. */
export interface HostedConnection {
  readonly era: Era;
  readonly server: ServerInfo;
  /** False when it has broken for good and another must be opened. */
  readonly usable: boolean;
  /** Whether the server knows all capabilities of this client. */
  knows(client: ClientInfo): boolean;
  /** Sends a request. Every outcome goes to the call; resolves when nothing more comes for it. */
  send(call: HostedCall): Promise<void>;
  /** Sends a notification, if the era has notifications from the client. */
  notify(notification: Notification, raw: string | undefined): void;
  /**
   * Tells the server of changed interests; resolves when it has accepted or refused them.
   */
  interestsChanged(): Promise<void>;
  /** Ends it once all its requests are answered; nothing more is sent over it. */
  retire(): Promise<void>;
  /** Ends it: nothing more is delivered, and the server is told if the era has sessions. */
  close(): Promise<void>;
}

/**
 * The outcome of opening a connection in one era. `refused` means that the server speaks the other one; what
 * says nothing about the era (sign-in needed, 5xx, no network) is thrown instead.
 */
export type Opening = { accepted: HostedConnection } | { refused: Error };

/**
 * What the result of `initialize` or `server/discover` says about the server.
 * @param serverInfo the member that the two have in different places
 */
export function readServerInfo({ capabilities, instructions }: Params, serverInfo: unknown): ServerInfo {
  return {
    capabilities: isObject(capabilities) ? capabilities : {},
    serverInfo: isObject(serverInfo) ? serverInfo : undefined,
    instructions: typeof instructions === "string" ? instructions : undefined
  };
}

/** The extension with which a server offers skills (SEP-2640). */
export const SKILLS_EXTENSION = "io.modelcontextprotocol/skills";

/**
 * The hosted server's capabilities, with what this program always has: tools, which may change, and a skill,
 * whose files are resources.
 */
export function announced(capabilities: Params): Params {
  return {
    ...capabilities,
    tools: { ...membersOf(capabilities, "tools"), listChanged: true },
    resources: membersOf(capabilities, "resources"),
    extensions: { ...membersOf(capabilities, "extensions"), [SKILLS_EXTENSION]: { directoryRead: true } }
  };
}

function membersOf(capabilities: Params, name: string): Params {
  return isObject(capabilities[name]) ? capabilities[name] : {};
}

/** The client that an `initialize` introduces, with the revision that is spoken from here on. */
export function clientOf({ params = {} }: Request): ClientInfo {
  const { protocolVersion, clientInfo, capabilities } = params;
  const known = typeof protocolVersion === "string" && LEGACY_VERSIONS.has(protocolVersion);
  return {
    protocolVersion: known ? protocolVersion : LATEST_LEGACY,
    clientInfo: isObject(clientInfo) ? clientInfo : undefined,
    capabilities: isObject(capabilities) ? capabilities : {}
  };
}

/** The result of `initialize` (MCP 2025-11-25, basic/lifecycle). */
export function initializeResult({ protocolVersion }: ClientInfo, server: ServerInfo): Params {
  return {
    protocolVersion,
    capabilities: announced(server.capabilities),
    serverInfo: server.serverInfo ?? { name: "imgwire-mcp", version: "0" },
    ...(server.instructions !== undefined && { instructions: server.instructions })
  };
}
