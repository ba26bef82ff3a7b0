import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

/** The server for all measurements: the official SDK with sessions and three tools. Prints its URL. */
export async function serve(): Promise<void> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const server = new McpServer({ name: "bench", version: "1.0.0" });
    server.registerTool("echo", { inputSchema: { text: z.string() } }, ({ text }) => ({
      content: [{ type: "text", text }]
    }));
    server.registerTool("whoami", {}, () => answer({ user: { id: "u" }, environments: [] }));
    server.registerTool("get_image_url", { inputSchema: { image_id: z.string() } }, ({ image_id }) =>
      answer({ url: `https://cdn.example/${image_id}` })
    );
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: true,
      onsessioninitialized: (id) => void sessions.set(id, transport)
    });
    await server.connect(transport);
    return transport;
  };
  const http = createServer((req, res) => {
    const id = req.headers["mcp-session-id"];
    const known = typeof id === "string" ? sessions.get(id) : undefined;
    void (async () => (known ?? (await open())).handleRequest(req, res))();
  });
  // On a busy machine, idle connections would otherwise be closed just before they are used again.
  http.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => http.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, resolve));
  process.stdout.write(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp\n`);
}

function answer(fields: Record<string, unknown>) {
  return { content: [{ type: "text" as const, text: JSON.stringify(fields) }], structuredContent: fields };
}
