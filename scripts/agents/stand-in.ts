/**
 * A stand-in for a model that supports the four APIs of agents on a loopback port. It makes the given calls
 * one after the other, and records the prompts and the tool results that it receives.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Dialect, DIALECTS, type ToolCall } from "./dialects.ts";

export interface StandIn {
  /** `http://127.0.0.1:<port>`, with the usual paths of each API below it. */
  url: string;
  /** The tool result that the model received for each call, as JSON text. */
  received: string[];
  /** Each request to the model, as JSON text. */
  requests: readonly string[];
  /** The names of the tools that were offered. */
  tools: Set<string>;
  /** Requests to unknown paths, for error reports. */
  unknown: Set<string>;
  close(): void;
}

/** A call for the stand-in to make. */
export interface Planned {
  /** The end of the tool's name, because agents add a prefix. */
  tool: string;
  /** Its arguments, or a function that derives them from the results so far. */
  args: Readonly<Record<string, unknown>> | ((received: readonly string[]) => object);
}

/**
 * Starts a stand-in that makes these calls, each to a tool that uploads or counts uploads, and then ends the
 * conversation.
 * @param closing returns its last message, from the results
 */
export async function startStandIn(
  calls: readonly Planned[],
  closing: (received: readonly string[]) => string = () => "Done."
): Promise<StandIn> {
  const received: string[] = [];
  const offered = new Set<string>();
  const unknown = new Set<string>();
  let waits = 0;
  const requests: string[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const path = request.url ?? "/";
    const dialect = request.method === "POST" ? DIALECTS.find(({ at }) => at.test(path)) : undefined;
    if (!dialect) {
      unknown.add(`${request.method} ${path}`);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ data: [], models: [], input_tokens: 1, totalTokens: 1 }));
      return;
    }
    const body = JSON.parse(text) as Record<string, unknown>;
    requests.push(text);
    const results = dialect.results(body).filter(isUpload);
    for (const result of results.slice(received.length)) received.push(result);
    const next = nextCall(dialect, body, results.length) ?? closing(received);
    response.writeHead(200, { "content-type": dialect.type(path, body) });
    response.end(dialect.answer(path, body, next));
  };
  const nextCall = (dialect: Dialect, body: Record<string, unknown>, done: number): ToolCall | undefined => {
    const tools = dialect.tools(body);
    for (const tool of tools) offered.add(tool.name);
    const planned = calls[done];
    const tool = planned && tools.find(({ name }) => name.endsWith(planned.tool));
    if (tool)
      return { ...tool, args: typeof planned.args === "function" ? planned.args(received) : planned.args };
    // Servers start in the background, so call the agent's own tools until the server's appear.
    const wait = planned && waits++ < MAX_WAITS ? tools.find(({ name }) => name in WAITS) : undefined;
    return wait && { ...wait, args: WAITS[wait.name]! };
  };
  const server: Server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    requests,
    tools: offered,
    unknown,
    close: () => {
      server.closeAllConnections();
      server.close();
    }
  };
}

/** How often to wait for the server's tools, and which of the agents' own tools to call meanwhile. */
const MAX_WAITS = 8;
const WAITS: Readonly<Record<string, object>> = {
  WaitForMcpServers: {},
  exec_command: { cmd: "sleep 3" },
  tool_search: { query: "select:mcp__imgwire__upload_image" }
};

function isUpload(result: string): boolean {
  return /cdn_url|upload|"url\\?"/.test(result);
}
