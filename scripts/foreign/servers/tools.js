/* global URLSearchParams */
/** An MCP endpoint with one tool, for authorization servers that have none of their own. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

/** Answers one request. Requests are independent, so a restart loses nothing. */
export async function answerMcp(req, res, body) {
  if (req.method !== "POST") return res.writeHead(405, { allow: "POST" }).end();
  const server = new McpServer({ name: "counterpart", version: "1.0.0" });
  server.registerTool("echo", { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: "text", text }]
  }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  res.on("close", () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(req, res, body);
}

/** Reads the body of a request, as JSON or as a form. */
export async function readBody(req) {
  let text = "";
  for await (const chunk of req.setEncoding("utf8")) text += chunk;
  if (text === "") return undefined;
  return /json/.test(req.headers["content-type"] ?? "")
    ? JSON.parse(text)
    : Object.fromEntries(new URLSearchParams(text));
}
