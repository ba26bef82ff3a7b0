import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

/** Where an upload is to go. */
export interface Target {
  upload_url: string;
  upload_headers?: Record<string, string>;
}

/** A hosted server that only creates uploads. */
export interface Hosted {
  url: string;
  /** Where each upload is sent, asked once for each URL that is handed out. */
  target: () => Promise<Target>;
  close: () => Promise<void>;
}

/** Starts a hosted server whose uploads go to a storage of somebody else. */
export async function startHosted(): Promise<Hosted> {
  const hosted: Hosted = {
    url: "",
    target: () => Promise.reject(new Error("There is no target yet.")),
    close: () => new Promise((resolve) => server.close(() => resolve()))
  };
  const server = createServer((req, res) => {
    void (async () => {
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
      await toolsOf(hosted).connect(transport);
      await transport.handleRequest(req, res);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  hosted.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return hosted;
}

function toolsOf(hosted: Hosted): McpServer {
  const server = new McpServer({ name: "uploads", version: "1.0.0" });
  const answer = (value: Record<string, unknown>) => ({
    content: [{ type: "text" as const, text: JSON.stringify(value) }],
    structuredContent: value
  });
  const id = "00000000-0000-4000-8000-000000000000";
  const facts = { file_name: z.string(), mime_type: z.string(), content_length: z.number() };
  server.registerTool("upload_image", { inputSchema: facts }, async () =>
    answer({ image: { id, status: "PENDING" }, ...(await hosted.target()) })
  );
  server.registerTool("retrieve_image", { inputSchema: { image_id: z.string() } }, () =>
    answer({ id, status: "READY" })
  );
  return server;
}
