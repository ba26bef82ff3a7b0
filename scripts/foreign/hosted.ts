import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

/** The destination of an upload. */
export interface Target {
  upload_url: string;
  upload_headers?: Record<string, string>;
}

/** How a hosted server listens. */
export interface Listening {
  /** An address of this machine; 127.0.0.1 by default. */
  address?: string;
  /** The host in its URL; by default, the address. */
  name?: string;
  /** In PEM; if undefined, the server uses plain http. */
  tls?: { key: string; cert: string };
}

/** A hosted server that only creates uploads. */
export interface Hosted {
  url: string;
  /** The last upload that was sent to the server itself. */
  stored: Buffer | undefined;
  /** Returns the destination of an upload; called once for each URL that is issued. */
  target: () => Promise<Target>;
  close: () => Promise<void>;
}

/** Starts a hosted server whose uploads go to a third-party storage, or to its own path `/store/`. */
export async function startHosted({ address = "127.0.0.1", name, tls }: Listening = {}): Promise<Hosted> {
  const hosted: Hosted = {
    url: "",
    stored: undefined,
    target: () => Promise.resolve({ upload_url: new URL("/store/image", hosted.url).href }),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    }
  };
  const listener: RequestListener = (req, res) => {
    void (async () => {
      if (req.method === "PUT") {
        hosted.stored = await buffer(req);
        return void res.writeHead(200).end();
      }
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
      await toolsOf(hosted).connect(transport);
      await transport.handleRequest(req, res);
    })();
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  const host = name ?? (address.includes(":") ? `[${address}]` : address);
  hosted.url = `${tls ? "https" : "http"}://${host}:${port}/mcp`;
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
