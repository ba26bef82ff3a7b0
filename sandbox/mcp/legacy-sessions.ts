import { randomUUID } from "node:crypto";
import { WebStandardStreamableHTTPServerTransport, type AuthInfo } from "@modelcontextprotocol/server";
import type { Stats } from "../stats.ts";
import type { HostedServer } from "./hosted-server.ts";

interface Session {
  clientId: string;
  hosted: HostedServer;
  transport: WebStandardStreamableHTTPServerTransport;
}

/**
 * Serves protocol revisions up to 2025-11-25: `initialize` opens a session that lasts until it is deleted.
 */
export class LegacySessions {
  readonly #sessions = new Map<string, Session>();
  readonly #create: () => HostedServer;
  readonly #stats: Stats;

  constructor(create: () => HostedServer, stats: Stats) {
    this.#create = create;
    this.#stats = stats;
  }

  async serve(request: Request, authInfo: AuthInfo): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    if (id === null) return this.#open(request, authInfo);
    const session = this.#sessions.get(id);
    if (session?.clientId !== authInfo.clientId) return notFound();
    return session.transport.handleRequest(request, { authInfo });
  }

  /** Drops every session and its open streams. */
  async expire(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map(({ hosted }) => hosted.server.close()));
  }

  withdraw(names: ReadonlySet<string>): void {
    for (const { hosted } of this.#sessions.values()) hosted.withdraw(names);
  }

  /** Handles requests without a session: `initialize` creates one; the transport rejects anything else. */
  async #open(request: Request, authInfo: AuthInfo): Promise<Response> {
    const hosted = this.#create();
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        this.#stats.mcp.sessionsOpened += 1;
        this.#sessions.set(id, { clientId: authInfo.clientId, hosted, transport });
      },
      onsessionclosed: (id) => {
        this.#stats.mcp.sessionsClosed += 1;
        this.#sessions.delete(id);
      }
    });
    await hosted.server.connect(transport);
    return transport.handleRequest(request, { authInfo });
  }
}

function notFound(): Response {
  return Response.json(
    { jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null },
    { status: 404 }
  );
}
