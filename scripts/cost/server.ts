import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { text } from "node:stream/consumers";

/** A hosted server that costs next to nothing, so that what is measured is the program. */
export interface PlainServer {
  url: string;
  close: () => void;
}

interface Request {
  id?: number;
  method: string;
  params?: { arguments?: object };
}

/** The environment of a program that is a user of this server, with a folder of its own. */
export function plainEnv(folder: string, url: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_MCP_URL: url,
    IMGWIRE_ACCESS_TOKEN: "cost"
  };
}

/** @param tools how many it lists @param latencyMs what each call takes */
export async function startPlainServer(tools: number, latencyMs: number): Promise<PlainServer> {
  const list = Array.from({ length: tools }, (_, index) => toolOf(index));
  const answers: Record<string, (request: Request) => unknown> = {
    initialize: () => ({
      protocolVersion: "2025-11-25",
      capabilities: { tools: {} },
      serverInfo: { name: "plain", version: "1" }
    }),
    "tools/list": () => ({ tools: list }),
    "tools/call": async ({ params }) => {
      await delay(latencyMs);
      return { content: [{ type: "text", text: JSON.stringify(params?.arguments) }] };
    }
  };
  const server = createServer((req, res) => {
    void (async () => {
      if (req.method !== "POST") return void res.writeHead(405).end();
      const request = JSON.parse(await text(req)) as Request;
      if (request.id === undefined) return void res.writeHead(202).end();
      const result = await (answers[request.method] ?? (() => ({})))(request);
      res.writeHead(200, { "content-type": "application/json", "mcp-session-id": randomUUID() });
      res.end(JSON.stringify({ jsonrpc: "2.0", id: request.id, result }));
    })();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close() {
      server.closeAllConnections();
      server.close();
    }
  };
}

/** As large as a tool usually is: 600 bytes. */
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
