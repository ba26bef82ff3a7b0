import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { toWebRequest } from "@modelcontextprotocol/node";
import {
  createMcpHandler,
  isLegacyRequest,
  localhostAllowedOrigins,
  validateOriginHeader,
  type AuthInfo
} from "@modelcontextprotocol/server";
import { sendJson, sendResponse, urlOf } from "../http/message.ts";
import type { Service } from "../service.ts";
import { count } from "../stats.ts";
import { createGate, type GateOptions } from "./gate.ts";
import { createHostedServer } from "./hosted-server.ts";
import { LegacySessions } from "./legacy-sessions.ts";

/** The protocol revisions to serve: those up to 2025-11-25, 2026-07-28, or both, told apart per request. */
export type Era = "legacy" | "modern" | "both";

export interface HostedMcpOptions extends GateOptions {
  service: Service;
  era: Era;
  /** The delay of every POST in milliseconds. */
  latencyMs: number;
}

/** The hosted MCP server: Streamable HTTP at `/mcp`, behind OAuth. */
export class HostedMcp {
  readonly #options: HostedMcpOptions;
  readonly #gate: ReturnType<typeof createGate>;
  readonly #legacy: LegacySessions;
  readonly #modern: ReturnType<typeof createMcpHandler>;
  #withdrawn: ReadonlySet<string> = new Set();

  constructor(options: HostedMcpOptions) {
    this.#options = options;
    this.#gate = createGate(options);
    const create = () => {
      const hosted = createHostedServer(options.service);
      hosted.withdraw(this.#withdrawn);
      return hosted;
    };
    this.#legacy = new LegacySessions(create, options.service.stats);
    this.#modern = createMcpHandler(() => create().server, { legacy: "reject" });
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = urlOf(req);
    const metadata = this.#gate.metadata(pathname);
    if (metadata) return sendJson(res, 200, metadata);
    if (pathname !== "/mcp") return sendJson(res, 404, { detail: "Not found." });
    const caller = await this.#gate.pass(req.headers.authorization);
    if (caller instanceof Response) {
      this.#options.service.stats.mcp.unauthorized += 1;
      req.resume();
      return sendResponse(res, caller);
    }
    if (req.method === "POST") await delay(this.#options.latencyMs, undefined, { ref: false });
    const request = await readRequest(req, res);
    const response = request instanceof Response ? request : await this.#dispatch(request, caller);
    await sendResponse(res, response);
  }

  /** Forgets every session, so that the next request in each gets a 404. */
  expireSessions(): Promise<void> {
    return this.#legacy.expire();
  }

  /** Removes these tools from the list, restores all others, and notifies every listener of the change. */
  withdrawTools(names: Iterable<string>): void {
    this.#withdrawn = new Set(names);
    this.#legacy.withdraw(this.#withdrawn);
    this.#modern.notify.toolsChanged();
  }

  async close(): Promise<void> {
    await Promise.all([this.#modern.close(), this.#legacy.expire()]);
  }

  async #dispatch(request: Request, authInfo: AuthInfo): Promise<Response> {
    const { era, service } = this.#options;
    const legacy = era === "legacy" || (era === "both" && (await isLegacyRequest(request)));
    count(service.stats.mcp.requests, `${legacy ? "legacy" : "modern"} ${request.method}`);
    return legacy ? this.#legacy.serve(request, authInfo) : this.#modern.fetch(request, { authInfo });
  }
}

/**
 * Converts the request to web-standard form, aborted if the client disconnects; or returns the response to an
 * unreadable one.
 */
async function readRequest(req: IncomingMessage, res: ServerResponse): Promise<Request | Response> {
  const foreign = validateOriginHeader(req.headers.origin, localhostAllowedOrigins());
  if (!foreign.ok) return Response.json({ detail: foreign.message }, { status: 403 });
  const gone = new AbortController();
  res.on("close", () => gone.abort());
  try {
    return await toWebRequest(req as Parameters<typeof toWebRequest>[0], undefined, { signal: gone.signal });
  } catch (error) {
    if ((error as { status?: number }).status !== 413) throw error;
    return Response.json(
      { detail: (error as Error).message },
      { status: 413, headers: { connection: "close" } }
    );
  }
}
