import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import {
  createMcpHandler,
  inputRequired,
  McpServer as ModernServer,
  type McpHttpHandler
} from "@modelcontextprotocol/server";
import { McpServer as LegacyServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

/** One HTTP request as the server saw it. */
export interface Seen {
  method: string | undefined;
  headers: IncomingMessage["headers"];
  body: { id?: string | number; method?: string; params?: Record<string, unknown> } | undefined;
}

/** A hosted server of one era, made with the official SDK and heard over real HTTP. */
export interface Counterpart {
  url: string;
  seen: Seen[];
  /** Texts of the `note` tool: what really ran, in order. */
  notes: string[];
  /** Ids of the requests whose cancellation reached a handler. */
  cancelled: unknown[];
  subscribed: Set<string>;
  /** Legacy: forgets every session. */
  forget(): void;
  /** Offers one more tool and says that the list has changed. */
  grow(): void;
  /** Says that a resource has changed. */
  touch(uri: string): void;
  /** Cuts every connection. */
  cut(): void;
  /** Answers the next requests itself: true takes one over. */
  intercept: ((req: IncomingMessage, res: ServerResponse, seen: Seen) => boolean) | undefined;
  close(): Promise<void>;
}

const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });
const nameSchema = {
  type: "object" as const,
  properties: { name: { type: "string" as const } },
  required: ["name"]
};

/** Starts a counterpart, on a port of its own unless one is given. */
export async function startCounterpart(era: "legacy" | "modern", port = 0): Promise<Counterpart> {
  const counterpart = {
    seen: [] as Seen[],
    notes: [] as string[],
    cancelled: [] as unknown[],
    subscribed: new Set<string>(),
    intercept: undefined as Counterpart["intercept"]
  };
  const parts = era === "legacy" ? legacy(counterpart) : modern(counterpart);
  const server = createServer((req, res) => {
    void readBody(req).then((body) => {
      const seen = { method: req.method, headers: req.headers, body };
      counterpart.seen.push(seen);
      if (!counterpart.intercept?.(req, res, seen)) return parts.handle(req, res, body);
      return undefined;
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return Object.assign(counterpart, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    forget: parts.forget,
    grow: parts.grow,
    touch: parts.touch,
    cut: () => server.closeAllConnections(),
    close: () => stop(server)
  });
}

interface Parts {
  handle: (req: IncomingMessage, res: ServerResponse, body: unknown) => unknown;
  forget: () => void;
  grow: () => void;
  touch: (uri: string) => void;
}
type State = Pick<Counterpart, "notes" | "cancelled" | "subscribed">;

function legacy(state: State): Parts {
  const sessions = new Map<string, { server: LegacyServer; transport: StreamableHTTPServerTransport }>();
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

function legacyServer(state: State): LegacyServer {
  const server = new LegacyServer(
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

function modern(state: State): Parts {
  let grown = false;
  const handler: McpHttpHandler = createMcpHandler(() => modernServer(state, grown), { legacy: "reject" });
  const handle = toNodeHandler(handler);
  return {
    handle: (req, res, body) => handle(req as Parameters<typeof handle>[0], res, body),
    forget: () => undefined,
    grow() {
      grown = true;
      handler.notify.toolsChanged();
    },
    touch: (uri) => handler.notify.resourceUpdated(uri)
  };
}

function modernServer(state: State, grown: boolean): ModernServer {
  const server = new ModernServer(
    { name: "counterpart", version: "1.0.0" },
    {
      capabilities: {
        logging: {},
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true }
      }
    }
  );
  const region = z.string().meta({ "x-mcp-header": "Region" }).optional();
  server.registerTool("echo", { inputSchema: z.object({ text: z.string(), region }) }, ({ text: value }) =>
    text(value)
  );
  server.registerTool("note", { inputSchema: z.object({ text: z.string() }) }, ({ text: value }) => {
    state.notes.push(value);
    return text("noted");
  });
  server.registerTool("broken", {}, () => {
    throw new Error("it broke");
  });
  server.registerTool("ask", {}, (ctx) => {
    const { name } = (ctx.mcpReq.inputResponses ?? {}) as { name?: { content?: { name?: string } } };
    if (name) return text(`hello ${name.content?.name} ${ctx.mcpReq.requestState<string>()}`);
    const question = inputRequired.elicit({ message: "Your name?", requestedSchema: nameSchema });
    return inputRequired({ inputRequests: { name: question }, requestState: STATE });
  });
  server.registerTool("ask_all", {}, (ctx) => {
    const { model, roots } = (ctx.mcpReq.inputResponses ?? {}) as {
      model?: { model?: string };
      roots?: { roots?: { uri: string }[] };
    };
    if (model && roots) return text(`${model.model} ${roots.roots?.[0]?.uri}`);
    const messages = [{ role: "user" as const, content: { type: "text" as const, text: "capital?" } }];
    return inputRequired({
      inputRequests: {
        model: inputRequired.createMessage({ messages, maxTokens: 5 }),
        roots: inputRequired.listRoots()
      }
    });
  });
  server.registerTool("progress", {}, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    for (let progress = 1; progress <= 3 && progressToken !== undefined; progress++) {
      await ctx.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress } });
    }
    await ctx.mcpReq.log("warning", "careful");
    return text("done");
  });
  server.registerTool("wait", {}, (ctx) => {
    return new Promise((resolve) =>
      ctx.mcpReq.signal.addEventListener("abort", () => {
        state.cancelled.push(ctx.mcpReq.id);
        resolve(text("cancelled"));
      })
    );
  });
  if (grown) server.registerTool("grown", {}, () => text("grown"));
  server.registerResource("note", "test://note", {}, (uri) => ({
    contents: [{ uri: uri.href, text: "a note" }]
  }));
  server.registerPrompt("greet", {}, () => ({
    messages: [{ role: "user", content: { type: "text", text: "hello" } }]
  }));
  return server;
}

/** A state that would not survive being parsed and written again. */
export const STATE = '{"b": 1.0,  "a":"\\u00e9 +/="}';

async function readBody(req: IncomingMessage): Promise<Seen["body"]> {
  let body = "";
  for await (const chunk of req.setEncoding("utf8")) body += chunk as string;
  return body === "" ? undefined : (JSON.parse(body) as Seen["body"]);
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
