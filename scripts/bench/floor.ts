import type { Pool } from "undici";

/**
 * A minimal stdio proxy, as a lower bound for the others: answers `initialize` itself, loads undici, and
 * copies each line to a POST and the response to stdout. No error handling, streams or sign-in. Start it with
 * `node <this, as CommonJS> <url>`.
 */
const url = new URL(process.argv[2] ?? "");
const headers: Record<string, string> = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2025-11-25"
};
let pool: Promise<Pool> | undefined;

async function open(line: string): Promise<Pool> {
  await new Promise((resolve) => setImmediate(resolve));
  const undici = await import("undici");
  const opened = new undici.Pool(url.origin, { connections: 32 });
  const response = await opened.request({ path: url.pathname, method: "POST", headers, body: line });
  await response.body.dump();
  headers["mcp-session-id"] = String(response.headers["mcp-session-id"]);
  return opened;
}

async function copy(line: string, to: Promise<Pool>): Promise<void> {
  const { body } = await (await to).request({ path: url.pathname, method: "POST", headers, body: line });
  const text = await body.text();
  if (text) process.stdout.write(`${text}\n`);
}

function answerInitialize(line: string): void {
  const { id, params } = JSON.parse(line) as { id: number; params: { protocolVersion: string } };
  const { protocolVersion } = params;
  const result = {
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "floor", version: "0" }
  };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
}

let rest = "";
process.stdin.setEncoding("utf8").on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) {
    if (pool) void copy(line, pool);
    else {
      answerInitialize(line);
      pool = open(line);
    }
  }
});
process.stdin.on("end", () => process.exit());
