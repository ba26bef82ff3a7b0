import type { Agent } from "../../agent/bridge.ts";
import { initializeResult, readClientInfo } from "../../agent/handshake.ts";
import type { Call } from "../../calls/agent-call.ts";
import { nextId } from "../../calls/own-call.ts";
import type { Interests, ServerInfo } from "../../hosted/connection.ts";
import {
  type Era,
  type Id,
  INVALID_PARAMS,
  LOG_LEVELS,
  METHOD_NOT_FOUND,
  type Notification,
  type Request,
  type Response
} from "../../protocol/message.ts";
import type {
  InputRequest,
  InputRequests,
  InputResponse,
  InputResponses
} from "../../protocol/input-request.ts";
import type { ClientInfo } from "../../protocol/capabilities.ts";
import { LATEST_LEGACY, toLegacyResult, withoutModernMeta } from "../../protocol/revisions.ts";

export interface LegacyAgentOptions {
  server: () => Promise<ServerInfo>;
  interests: Interests;
  /** Called once `initialize` has arrived. */
  opened: () => void;
  /**
   * Informs the hosted server that interests changed; undefined if the agent's request is to be forwarded
   * instead.
   */
  interestsChanged: () => Promise<void> | undefined;
  write: (line: string) => void;
}

/** An agent of the revisions up to 2025-11-25: one handshake, then requests in both directions. */
export class LegacyAgent implements Agent {
  readonly era = "legacy";
  client: ClientInfo = { protocolVersion: LATEST_LEGACY, clientInfo: undefined, capabilities: {} };
  /** The input requests that the agent has not responded to. */
  readonly #asked = new Map<Id, (response: InputResponse) => void>();

  constructor(private readonly options: LegacyAgentOptions) {}

  clientOf(_request: Request): ClientInfo {
    return this.client;
  }

  take(call: Call): boolean {
    switch (call.request.method) {
      case "initialize":
        void this.#initialize(call);
        return true;
      case "ping":
        call.result({});
        return true;
      case "logging/setLevel":
        return this.#noteInterest(call, "level", (level) => (this.options.interests.logLevel = level));
      case "resources/subscribe":
        return this.#noteInterest(call, "uri", (uri) => this.options.interests.resources.add(uri));
      case "resources/unsubscribe":
        return this.#noteInterest(call, "uri", (uri) => this.options.interests.resources.delete(uri));
      default:
        return false;
    }
  }

  answer(call: Call, response: Response, raw: string | undefined, from: Era): string {
    if (from === "modern" && response.result) {
      const result = toLegacyResult(response.result, call.request.method);
      return JSON.stringify({ ...response, id: call.id, result });
    }
    if (response.id === call.id) return raw ?? JSON.stringify(response);
    return JSON.stringify({ ...response, id: call.id });
  }

  notifyFor(_call: Call, notification: Notification, raw: string | undefined): void {
    this.event(notification, raw);
  }

  event(notification: Notification, raw: string | undefined): void {
    const params = notification.params && withoutModernMeta(notification.params);
    const isAsWritten = params === notification.params && raw !== undefined;
    this.options.write(isAsWritten ? raw : JSON.stringify({ ...notification, params }));
  }

  async ask(_: Call | undefined, requests: InputRequests, signal: AbortSignal): Promise<InputResponses> {
    const asked = Object.entries(requests).map(async ([key, request]): Promise<[string, InputResponse]> => [
      key,
      await this.#ask(request, signal)
    ]);
    return Object.fromEntries(await Promise.all(asked));
  }

  handleResponse({ id, error, result }: Response): boolean {
    const resolve = this.#asked.get(id);
    if (!resolve) return false;
    this.#asked.delete(id);
    resolve(error ? { error } : { result: result ?? {} });
    return true;
  }

  handleNotification({ method }: Notification): boolean {
    return method === "notifications/initialized";
  }

  /** Registers the client that sent `initialize`. */
  initialized(client: ClientInfo): void {
    this.client = client;
    this.options.opened();
  }

  async #initialize(call: Call): Promise<void> {
    this.initialized(readClientInfo(call.request));
    call.result(initializeResult(this.client, await this.options.server()));
  }

  /**
   * Records one of the agent's interests.
   * @returns true if the request is answered here; false if it is to be forwarded
   */
  #noteInterest(call: Call, field: string, note: (value: string) => void): boolean {
    const value = call.request.params?.[field];
    const valid = typeof value === "string" && (field !== "level" || LOG_LEVELS.includes(value));
    // With an unknown level, a modern server would refuse every later request.
    if (valid) note(value);
    const accepted = this.options.interestsChanged();
    if (!accepted) return false;
    if (valid) void accepted.then(() => call.result({}));
    else call.error({ code: INVALID_PARAMS, message: `Invalid params: ${field}` });
    return true;
  }

  /** Sends a request with an id of ours, because the server's id might already be in use. */
  #ask(request: InputRequest, signal: AbortSignal): Promise<InputResponse> {
    if (signal.aborted) return Promise.resolve(WITHDRAWN);
    const id = nextId();
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.options.write(JSON.stringify({ jsonrpc: "2.0", id, ...requestOf(request) }));
      signal.addEventListener("abort", () => {
        if (!this.#asked.delete(id)) return;
        const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } };
        this.options.write(JSON.stringify(cancelled));
        resolve(WITHDRAWN);
      });
    });
  }
}

const WITHDRAWN: InputResponse = {
  error: { code: METHOD_NOT_FOUND, message: "The question was withdrawn." }
};

/**
 * Writes an input request in the form of this era. An elicitation in URL mode must have an id (MCP
 * 2025-11-25, client/elicitation), which the modern era no longer has.
 */
function requestOf({ method, params }: InputRequest): InputRequest {
  const needsId =
    method === "elicitation/create" && params?.["mode"] === "url" && !("elicitationId" in params);
  if (needsId) return { method, params: { ...params, elicitationId: crypto.randomUUID() } };
  return { method, ...(params && { params }) };
}
