import { isObject } from "../../../system/json.ts";
import type { Agent } from "../../agent/bridge.ts";
import { announced } from "../../agent/handshake.ts";
import type { Call } from "../../calls/agent-call.ts";
import type { Interests, ServerInfo } from "../../hosted/connection.ts";
import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  LOG_LEVELS,
  META,
  metaOf,
  METHOD_NOT_FOUND,
  type Notification,
  type Params,
  type Request,
  type Response,
  type RpcError,
  UNSUPPORTED_PROTOCOL_VERSION,
  URL_ELICITATION_REQUIRED
} from "../../protocol/message.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { InputRequests, InputResponses } from "../../protocol/input-request.ts";
import type { ClientInfo } from "../../protocol/capabilities.ts";
import { CACHEABLE, LATEST_MODERN, MODERN_VERSIONS } from "../../protocol/revisions.ts";
import { Rounds } from "./input-required.ts";

export interface ModernAgentOptions {
  server: () => Promise<ServerInfo>;
  interests: Interests;
  /** Called on the agent's first request. */
  opened: () => void;
  /** Informs the hosted server that interests changed. */
  interestsChanged: () => Promise<void> | undefined;
  write: (line: string) => void;
  /** Ends the agent's wait for a request, with the line that answers it. */
  settled: (call: Call, line: string) => void;
}

/** Methods of the legacy era that this one no longer has. */
const REMOVED_METHODS = new Set([
  "initialize",
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe"
]);
/** An agent of revision 2026-07-28: every request states its client and the client's capabilities. */
export class ModernAgent implements Agent {
  readonly era = "modern";
  client: ClientInfo = { protocolVersion: LATEST_MODERN, clientInfo: undefined, capabilities: {} };
  #seen = false;
  readonly #rounds: Rounds;
  #subscriptions: Subscriptions;
  /** The server's identity, once it is known. */
  #serverInfo: ServerInfo["serverInfo"];

  constructor(private readonly options: ModernAgentOptions) {
    this.#rounds = new Rounds(options.settled);
    this.#subscriptions = new Subscriptions(options);
  }

  clientOf(request: Request): ClientInfo {
    const meta = metaOf(request);
    if (!(META.protocolVersion in meta)) return this.client;
    const info = meta[META.clientInfo];
    const capabilities = meta[META.clientCapabilities];
    this.client = {
      protocolVersion: String(meta[META.protocolVersion]),
      clientInfo: isObject(info) ? info : undefined,
      capabilities: isObject(capabilities) ? capabilities : {}
    };
    return this.client;
  }

  take(call: Call): boolean {
    if (call.restarts > 0) return false;
    const invalid = validate(call.request);
    if (invalid) {
      call.error(invalid);
      return true;
    }
    this.#open();
    if (this.#rounds.take(call)) return true;
    if (call.request.method === "server/discover") void this.#discover(call);
    else if (call.request.method === "subscriptions/listen") this.#subscriptions.open(call);
    else return false;
    return true;
  }

  answer(call: Call, response: Response, raw: string | undefined, from: "legacy" | "modern"): string {
    if (response.error && from === "legacy") {
      return JSON.stringify({ jsonrpc: "2.0", id: call.id, ...withoutOldCodes(call, response.error) });
    }
    // Servers may omit `resultType`, which means "complete", but an agent may require it.
    if (response.error || (from === "modern" && response.result?.["resultType"] !== undefined)) {
      return response.id === call.id && raw !== undefined
        ? raw
        : JSON.stringify({ ...response, id: call.id });
    }
    const hints = CACHEABLE.has(call.request.method) ? { ttlMs: 0, cacheScope: "private" } : {};
    const identity = raw === undefined || from === "legacy" ? this.#identity(response) : undefined;
    const result = { resultType: "complete", ...hints, ...response.result, ...identity };
    return JSON.stringify({ jsonrpc: "2.0", id: call.id, result });
  }

  /** Passes on any notification, but progress and log messages only if the request asked for them. */
  notifyFor(call: Call, notification: Notification, raw: string): void {
    if (notification.method === "notifications/progress") {
      if (call.progressToken === undefined) return;
      if (notification.params?.["progressToken"] === call.progressToken) return this.options.write(raw);
      const params = { ...notification.params, progressToken: call.progressToken };
      return this.options.write(JSON.stringify({ ...notification, params }));
    }
    if (notification.method !== "notifications/message" || wantsLog(call, notification))
      this.options.write(raw);
  }

  event(notification: Notification, raw: string | undefined, pending: readonly Call[]): void {
    if (notification.method !== "notifications/message") return this.#subscriptions.event(notification);
    // Legacy servers often send a call's log messages outside its stream.
    if (pending.some((call) => wantsLog(call, notification)))
      this.options.write(raw ?? JSON.stringify(notification));
  }

  ask(call: Call | undefined, requests: InputRequests, signal: AbortSignal): Promise<InputResponses> {
    return this.#rounds.ask(call, requests, signal);
  }

  /** The agent answers questions with a retry, never with a response. */
  handleResponse(): boolean {
    return false;
  }

  /** The only notifications from clients of this era are cancellations, which the bridge handles. */
  handleNotification(): boolean {
    return true;
  }

  #open(): void {
    if (this.#seen) return;
    this.#seen = true;
    void this.options.server().then(({ serverInfo }) => (this.#serverInfo = serverInfo));
    this.options.opened();
  }

  /**
   * The server's identity, which every result must state. Results of legacy servers and of this program lack
   * it.
   */
  #identity({ result }: Response): { _meta: object } | undefined {
    const known = result?.["_meta"];
    if (!this.#serverInfo) return undefined;
    return { _meta: { [META.serverInfo]: this.#serverInfo, ...(isObject(known) && known) } };
  }

  async #discover(call: Call): Promise<void> {
    const { capabilities, serverInfo, instructions } = await this.options.server();
    call.result({
      supportedVersions: [...MODERN_VERSIONS],
      capabilities: announced(capabilities),
      ...(instructions !== undefined && { instructions }),
      ttlMs: 0,
      cacheScope: "private",
      _meta: { [META.serverInfo]: serverInfo ?? { name: "imgwire-mcp", version: "0" } }
    } satisfies Params);
  }
}

/** Whether a call asked for log messages of this level. */
function wantsLog(call: Call, { params }: Notification): boolean {
  const wanted = LOG_LEVELS.indexOf(String(metaOf(call.request)[META.logLevel]));
  return wanted >= 0 && LOG_LEVELS.indexOf(String(params?.["level"])) >= wanted;
}

const RESOURCE_NOT_FOUND = -32002;

/**
 * Replaces the error codes of a legacy server that this era must not use (MCP 2026-07-28, basic/index, error
 * codes). An error that sends the user to a URL becomes text with that URL, and for a tool call a result with
 * that text.
 */
function withoutOldCodes({ request }: Call, error: RpcError): { error: RpcError } | { result: Params } {
  if (error.code === RESOURCE_NOT_FOUND) return { error: { ...error, code: INVALID_PARAMS } };
  if (error.code !== URL_ELICITATION_REQUIRED) return { error };
  const elicitations = isObject(error.data) ? error.data["elicitations"] : undefined;
  const urls = Array.isArray(elicitations) ? elicitations.filter(isObject).map(({ url }) => String(url)) : [];
  const isTool = request.method === "tools/call";
  const text = `${error.message}\nOpen this link, then ${isTool ? "call the tool" : "try"} again: ${urls.join(" ")}`;
  if (!isTool) return { error: { ...error, code: INTERNAL_ERROR, message: text } };
  return { result: { resultType: "complete", content: [{ type: "text", text }], isError: true } };
}

/** Validates a request's envelope and method. @returns the error; undefined if they are valid */
function validate(request: Request): RpcError | undefined {
  const meta = metaOf(request);
  const requested = meta[META.protocolVersion];
  if (typeof requested !== "string") return missing(META.protocolVersion);
  if (!MODERN_VERSIONS.includes(requested)) {
    return {
      code: UNSUPPORTED_PROTOCOL_VERSION,
      message: "Unsupported protocol version",
      data: { supported: [...MODERN_VERSIONS], requested }
    };
  }
  if (!isObject(meta[META.clientCapabilities])) return missing(META.clientCapabilities);
  if (REMOVED_METHODS.has(request.method))
    return { code: METHOD_NOT_FOUND, message: `Method not found: ${request.method}` };
  return undefined;
}

function missing(key: string): RpcError {
  return { code: INVALID_PARAMS, message: `Invalid params: _meta has no ${key}` };
}
