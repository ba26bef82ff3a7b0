import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { listen, type Listening } from "../everything/serve.ts";
import type { Message, Program } from "./program.ts";

/** An HTTP exchange, identified by its request's id on the program's side. */
interface Exchange {
  request: Message;
  res: ServerResponse;
}

const META = "io.modelcontextprotocol/";
const HEADER_MISMATCH = -32020;
const METHOD_NOT_FOUND = -32601;

/**
 * A Streamable HTTP front for revision 2026-07-28: all exchanges share one program. It does only what is
 * specific to HTTP: ids that are unique across clients, the version header, statuses, and cancellation by
 * closing.
 */
export async function serveModernFront(start: () => Program): Promise<Listening> {
  const program = start();
  const exchanges = new Map<string, Exchange>();
  let count = 0;
  program.onMessage = (message) => deliver(message, exchanges);
  const front = await listen(async (req, res) => {
    if (req.method !== "POST") return res.writeHead(405).end();
    const request = (await json(req)) as Message;
    const mismatch = mismatchOf(req, request);
    if (mismatch) return finish({ request, res }, mismatch);
    const id = `front:${++count}`;
    exchanges.set(id, { request, res });
    res.on("close", () => {
      if (exchanges.delete(id))
        program.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } });
    });
    return program.send({ ...request, id });
  });
  return {
    url: front.url,
    async close() {
      await front.close();
      await program.close();
    }
  };
}

function deliver(message: Message, exchanges: Map<string, Exchange>): void {
  if (message.method !== undefined) {
    const exchange = exchangeFor(message, exchanges);
    return exchange && stream(exchange, forClient(message, exchange.request));
  }
  const id = String(message.id);
  const exchange = exchanges.get(id);
  exchanges.delete(id);
  if (exchange) finish(exchange, message);
}

/**
 * Over stdio a notification names its request; a log message goes to the latest request that asked for logs.
 */
function exchangeFor({ params }: Message, exchanges: ReadonlyMap<string, Exchange>): Exchange | undefined {
  const subscription = params?._meta?.[`${META}subscriptionId`];
  if (typeof subscription === "string") return exchanges.get(subscription);
  const asked = (key: string, value?: unknown) => (exchange: Exchange) => {
    const found = exchange.request.params?._meta?.[key];
    return found !== undefined && (value === undefined || found === value);
  };
  const open = [...exchanges.values()].reverse();
  const token = params?.["progressToken"];
  return token === undefined ? open.find(asked(`${META}logLevel`)) : open.find(asked("progressToken", token));
}

function forClient(message: Message, { id }: Message): Message {
  const meta = message.params?._meta;
  const key = `${META}subscriptionId`;
  if (meta?.[key] === undefined) return message;
  return { ...message, params: { ...message.params, _meta: { ...meta, [key]: id } } };
}

function stream({ res }: Exchange, message: Message): void {
  if (!res.headersSent) res.writeHead(200, { "content-type": "text/event-stream" });
  res.write(`data: ${JSON.stringify(message)}\n\n`);
}

function finish({ request, res }: Exchange, answer: Message): void {
  const message = { ...answer, id: request.id };
  if (res.headersSent) return void res.end(`data: ${JSON.stringify(message)}\n\n`);
  res.writeHead(statusOf(answer), { "content-type": "application/json" });
  res.end(JSON.stringify(message));
}

/** Streamable HTTP, revision 2026-07-28: 404 for an unknown method, 400 for other errors. */
function statusOf({ error }: Message): number {
  if (!error) return 200;
  return error.code === METHOD_NOT_FOUND ? 404 : 400;
}

function mismatchOf({ headers }: IncomingMessage, { params }: Message): Message | undefined {
  const said = params?._meta?.[`${META}protocolVersion`];
  if (said === undefined || said === headers["mcp-protocol-version"]) return undefined;
  const message = "Header mismatch: MCP-Protocol-Version is not the version in _meta";
  return { jsonrpc: "2.0", error: { code: HEADER_MISMATCH, message } };
}
