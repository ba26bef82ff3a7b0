import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { NodeStreamableHTTPServerTransport, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, type McpServer } from "@modelcontextprotocol/server";
import type { Era } from "../suite.ts";
import { everythingServer, type World } from "./server.ts";

/** A server that listens on its own loopback port. */
export interface Listening {
  url: string;
  close(): Promise<void>;
}

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

/** Serves the "everything" server over Streamable HTTP in only one era. */
export function serveEverything(era: Era): Promise<Listening> {
  return listen(era === "legacy" ? legacyHandler() : modernHandler());
}

/** Serves `handler` on a free loopback port. */
export async function listen(handler: Handler): Promise<Listening> {
  const server = createServer((req, res) => void handler(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}/mcp`, close };
}

function modernHandler(): Handler {
  const world: World = {
    hasExtraTool: false,
    toolsChanged: () => handler.notify.toolsChanged(),
    promptsChanged: () => handler.notify.promptsChanged()
  };
  const handler = createMcpHandler(() => everythingServer(world), { legacy: "reject" });
  const handle = toNodeHandler(handler);
  return (req, res) => handle(req as Parameters<typeof handle>[0], res);
}

function legacyHandler(): Handler {
  const sessions = new Map<string, { server: McpServer; transport: NodeStreamableHTTPServerTransport }>();
  const each = (tell: (server: McpServer) => void) => () => {
    for (const { server } of sessions.values()) tell(server);
  };
  const world: World = {
    hasExtraTool: false,
    toolsChanged: each((server) => server.sendToolListChanged()),
    promptsChanged: each((server) => server.sendPromptListChanged())
  };
  const open = async (): Promise<NodeStreamableHTTPServerTransport> => {
    const server = everythingServer(world);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, { server, transport }),
      onsessionclosed: (id) => void sessions.delete(id)
    });
    await server.connect(transport);
    return transport;
  };
  return async (req, res) => {
    const id = req.headers["mcp-session-id"];
    const known = typeof id === "string" ? sessions.get(id)?.transport : undefined;
    if (typeof id === "string" && !known) return res.writeHead(404).end();
    return (known ?? (await open())).handleRequest(req, res);
  };
}
