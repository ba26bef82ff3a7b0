import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { text } from "node:stream/consumers";

/** The options of a plain server. */
export interface PlainOptions {
  /** The number of tools to list; by default, those needed for uploads. */
  tools?: number;
  /** The duration of each call; 0 by default. */
  latencyMs?: number;
  /** An address of this machine; 127.0.0.1 by default. */
  address?: string;
  /** The host in its URL; by default, the address. */
  host?: string;
  /** In PEM; if undefined, the server uses plain http. */
  tls?: { key: string; cert: string };
  /** Where uploads are sent; by default, to the server itself. */
  storage?: string;
}

/**
 * A hosted server that takes almost no time, so that only the program is measured. It also acts as storage
 * and counts what it receives by PUT at any path.
 */
export interface PlainServer {
  url: string;
  stored: { files: number; bytes: number };
  close: () => void;
}

interface Request {
  id?: number;
  method: string;
  params?: { name?: string; arguments?: object };
}

/** The environment of a program that uses this server, with its own folder. */
export function plainEnv(folder: string, url: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_MCP_URL: url,
    IMGWIRE_ACCESS_TOKEN: "cost"
  };
}

export async function startPlainServer(options: PlainOptions): Promise<PlainServer> {
  const { address = "127.0.0.1", host = address, tls } = options;
  const plain: PlainServer = {
    url: "",
    stored: { files: 0, bytes: 0 },
    close() {
      server.closeAllConnections();
      server.close();
    }
  };
  const answer = answersOf(options, plain);
  const listener: RequestListener = (req, res) => {
    void (async () => {
      if (req.method === "PUT")
        return void res.writeHead(200, { etag: await store(req, plain.stored) }).end();
      if (req.method !== "POST") return void res.writeHead(405).end();
      const request = JSON.parse(await text(req)) as Request;
      if (request.id === undefined) return void res.writeHead(202).end();
      const result = await (answer[request.method] ?? (() => ({})))(request);
      res.writeHead(200, { "content-type": "application/json", "mcp-session-id": randomUUID() });
      res.end(JSON.stringify({ jsonrpc: "2.0", id: request.id, result }));
    })().catch(() => res.destroy());
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  plain.url = `${tls ? "https" : "http"}://${host}:${port}/mcp`;
  return plain;
}

type Answers = Record<string, (request: Request) => unknown>;

function answersOf({ tools, latencyMs = 0, storage }: PlainOptions, plain: PlainServer): Answers {
  const list =
    tools === undefined ? UPLOAD_TOOLS : Array.from({ length: tools }, (_, index) => toolOf(index));
  const image = { id: "00000000-0000-4000-8000-000000000000" };
  const results: Record<string, () => object> = {
    upload_image: () => ({
      image: { ...image, status: "PENDING" },
      upload_url: new URL(`/store/${randomUUID()}`, storage ?? plain.url).href
    }),
    retrieve_image: () => ({ ...image, status: "READY" })
  };
  return {
    initialize: () => ({
      protocolVersion: "2025-11-25",
      capabilities: { tools: {} },
      serverInfo: { name: "plain", version: "1" }
    }),
    "tools/list": () => ({ tools: list }),
    "tools/call": async ({ params }) => {
      if (latencyMs > 0) await delay(latencyMs);
      const result = results[params?.name ?? ""]?.() ?? params?.arguments;
      return { content: [{ type: "text", text: JSON.stringify(result) }] };
    }
  };
}

/** @returns the entity tag that S3 gives such an object: its MD5 */
async function store(req: IncomingMessage, stored: PlainServer["stored"]): Promise<string> {
  const hash = createHash("md5");
  for await (const chunk of req as AsyncIterable<Buffer>) {
    hash.update(chunk);
    stored.bytes += chunk.length;
  }
  stored.files++;
  return `"${hash.digest("hex")}"`;
}

const UPLOAD_TOOLS = Object.entries({
  upload_image: ["file_name", "mime_type", "content_length"],
  retrieve_image: ["image_id"]
}).map(([name, properties]) => ({
  name,
  inputSchema: { type: "object", properties: Object.fromEntries(properties.map((one) => [one, {}])) }
}));

/** With 600 bytes, about as large as a typical tool. */
function toolOf(index: number): object {
  const properties = Object.fromEntries(
    ["name", "folder", "size"].map((name) => [
      name,
      { type: "string", description: `The ${name}. `.repeat(6) }
    ])
  );
  return {
    name: index === 0 ? "echo" : `tool_${index}`,
    description: "Does something with images, as tools do. ".repeat(4),
    inputSchema: { type: "object", properties }
  };
}
