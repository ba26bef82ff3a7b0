import { toNodeHandler } from "@modelcontextprotocol/node";
import {
  createMcpHandler,
  inputRequired,
  McpServer,
  type McpHttpHandler
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { nameSchema, text } from "./answers.ts";
import type { Handlers, State } from "./counterpart.ts";

/** A request state that would change if it were parsed and serialized again. */
export const STATE = '{"b": 1.0,  "a":"\\u00e9 +/="}';

/** Serves revisions from 2026-07-28 on, with independent requests. */
export function serveModern(state: State): Handlers {
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

function modernServer(state: State, grown: boolean): McpServer {
  const server = new McpServer(
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
