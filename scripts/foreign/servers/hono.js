import { randomUUID } from "node:crypto";
import { StreamableHTTPTransport } from "@hono/mcp";
import { serve } from "@hono/node-server";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { Hono } from "hono";
import { z } from "zod";

const text = (value) => ({ content: [{ type: "text", text: value }] });

function createServer() {
  const server = new McpServer(
    { name: "counterpart", version: "1.0.0" },
    { instructions: "Ask it anything." }
  );
  server.registerTool("echo", { title: "Echo", inputSchema: { text: z.string() } }, (args) =>
    text(args.text)
  );
  server.registerTool("broken", { description: "Fails" }, () => {
    throw new Error("it broke");
  });
  server.registerTool("ask", { description: "Asks the user" }, async () => {
    const requestedSchema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
    const { content } = await server.server.elicitInput({ message: "Your name?", requestedSchema });
    return text(`Hello, ${content?.name}`);
  });
  server.registerTool("report", { description: "Reports progress" }, async (extra) => {
    const progressToken = extra._meta?.progressToken;
    for (let progress = 1; progress <= 3 && progressToken !== undefined; progress++)
      await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress } });
    return text("ünïcödé 🎉");
  });
  server.registerResource("note", "test://note", {}, (uri) => ({
    contents: [{ uri: uri.href, text: "a note" }]
  }));
  server.registerPrompt("greet", { argsSchema: { name: z.string() } }, ({ name }) => ({
    messages: [{ role: "user", content: { type: "text", text: `Hello, ${name}` } }]
  }));
  return server;
}

const sessions = new Map();
const app = new Hono();
app.all("/mcp", async (c) => {
  const id = c.req.header("mcp-session-id");
  const known = sessions.get(id);
  if (known) return known.handleRequest(c);
  if (id) return c.text("no such session", 404);
  const transport = new StreamableHTTPTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (sessionId) => sessions.set(sessionId, transport)
  });
  await createServer().connect(transport);
  return transport.handleRequest(c);
});
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
