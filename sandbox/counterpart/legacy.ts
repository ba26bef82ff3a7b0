import { randomUUID } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { nameSchema, text } from "./answers.ts";
import type { Handlers, State } from "./counterpart.ts";

/** Serves revisions up to 2025-11-25, with sessions and standing streams. */
export function serveLegacy(state: State): Handlers {
  const sessions = new Map<string, { server: McpServer; transport: StreamableHTTPServerTransport }>();
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const server = legacyServer(state);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, { server, transport })
    });
    await server.connect(transport);
    return transport;
  };
  return {
    async handle(req, res, body) {
      const id = req.headers["mcp-session-id"];
      const known = typeof id === "string" ? sessions.get(id)?.transport : undefined;
      if (typeof id === "string" && !known) return void res.writeHead(404).end();
      await (known ?? (await open())).handleRequest(req, res, body);
    },
    forget: () => sessions.clear(),
    grow() {
      for (const { server } of sessions.values()) server.registerTool("grown", {}, () => text("grown"));
    },
    touch(uri) {
      for (const { server } of sessions.values()) void server.server.sendResourceUpdated({ uri });
    }
  };
}

function legacyServer(state: State): McpServer {
  const server = new McpServer(
    { name: "counterpart", version: "1.0.0" },
    { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } } }
  );
  server.registerTool("echo", { inputSchema: { text: z.string() } }, ({ text: value }) => text(value));
  server.registerTool("note", { inputSchema: { text: z.string() } }, ({ text: value }) => {
    state.notes.push(value);
    return text("noted");
  });
  server.registerTool("broken", {}, () => {
    throw new Error("it broke");
  });
  server.registerTool("ask", {}, async (extra) => {
    const params = { message: "Your name?", requestedSchema: nameSchema };
    const answer = await extra.sendRequest({ method: "elicitation/create", params }, ElicitResultSchema);
    return text(`hello ${String(answer.content?.["name"])}`);
  });
  server.registerTool("ask_all", {}, async (extra) => {
    const messages = [{ role: "user" as const, content: { type: "text" as const, text: "capital?" } }];
    const sampling = { method: "sampling/createMessage" as const, params: { messages, maxTokens: 5 } };
    const [sampled, listed] = await Promise.all([
      extra.sendRequest(sampling, CreateMessageResultSchema),
      extra.sendRequest({ method: "roots/list" }, ListRootsResultSchema)
    ]);
    return text(`${sampled.model} ${listed.roots[0]?.uri}`);
  });
  server.registerTool("progress", {}, async (extra) => {
    const progressToken = extra._meta?.progressToken;
    for (let progress = 1; progress <= 3 && progressToken !== undefined; progress++) {
      await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress } });
    }
    const params = { level: "warning" as const, data: "careful" };
    await extra.sendNotification({ method: "notifications/message", params });
    return text("done");
  });
  server.registerTool("wait", {}, (extra) => {
    return new Promise((resolve) =>
      extra.signal.addEventListener("abort", () => {
        state.cancelled.push(extra.requestId);
        resolve(text("cancelled"));
      })
    );
  });
  server.registerResource("note", "test://note", {}, (uri) => ({
    contents: [{ uri: uri.href, text: "a note" }]
  }));
  server.registerPrompt("greet", {}, () => ({
    messages: [{ role: "user", content: { type: "text", text: "hello" } }]
  }));
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    state.subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    state.subscribed.delete(params.uri);
    return {};
  });
  return server;
}
