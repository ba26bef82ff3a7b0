import { createServer } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "mcp-handler";
import { z } from "zod";

const text = (value) => ({ content: [{ type: "text", text: value }] });
const fetchHandler = createMcpHandler(
  (server) => {
    const inputSchema = z.object({ text: z.string() });
    server.registerTool("echo", { title: "Echo", inputSchema }, ({ text: value }) => text(value));
    server.registerTool("broken", { description: "Fails" }, () => {
      throw new Error("it broke");
    });
    server.registerTool("report", { description: "Reports progress" }, async (ctx) => {
      const progressToken = ctx.mcpReq._meta?.progressToken;
      for (let progress = 1; progress <= 3 && progressToken !== undefined; progress++)
        await ctx.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress } });
      return text("ünïcödé 🎉");
    });
    server.registerResource("note", "test://note", {}, (uri) => ({
      contents: [{ uri: uri.href, text: "a note" }]
    }));
    server.registerPrompt("greet", { argsSchema: z.object({ name: z.string() }) }, ({ name }) => ({
      messages: [{ role: "user", content: { type: "text", text: `Hello, ${name}` } }]
    }));
  },
  { serverInfo: { name: "counterpart", version: "1.0.0" }, instructions: "Ask it anything." }
);
createServer(toNodeHandler({ fetch: fetchHandler })).listen(Number(process.env.PORT), "127.0.0.1");
