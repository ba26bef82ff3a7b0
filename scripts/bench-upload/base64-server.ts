/**
 * A stdio MCP server that uploads as most servers do: the file arrives as base64 in a tool call, is decoded
 * in memory and sent with fetch.
 */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";
import { Hosted } from "./hosted.ts";

const hosted = await Hosted.connect(process.env["MCP_URL"] ?? "", process.env["ACCESS_TOKEN"] ?? "");
const server = new McpServer({ name: "base64", version: "0" });

server.registerTool(
  "upload",
  { inputSchema: { file_name: z.string(), data: z.string(), purpose: z.string() } },
  async ({ file_name, data, purpose }) => {
    const bytes = Buffer.from(data, "base64");
    const { id, url } = await hosted.createOf(file_name, bytes.length, purpose);
    const answer = await fetch(url, { method: "PUT", body: bytes, headers: { "content-type": "image/png" } });
    if (!answer.ok) throw new Error(`The storage answered ${answer.status}.`);
    await hosted.ready(id);
    return { content: [{ type: "text", text: id }] };
  }
);

// The SDK's default limit of 10 MiB per message would exclude the larger files.
const transport = new StdioServerTransport(process.stdin, process.stdout, {
  maxBufferSize: 512 * 1024 * 1024
});
await server.connect(transport);
