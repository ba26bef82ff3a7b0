import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpAgent } from "agents/mcp";
import { z } from "zod";

const text = (value) => ({ content: [{ type: "text", text: value }] });

export class Counterpart extends McpAgent {
  server = new McpServer({ name: "counterpart", version: "1.0.0" }, { instructions: "Ask it anything." });

  async init() {
    this.server.registerTool("echo", { title: "Echo", inputSchema: { text: z.string() } }, (args) =>
      text(args.text)
    );
    this.server.registerTool("broken", { description: "Fails" }, () => {
      throw new Error("it broke");
    });
    this.server.registerTool("report", { description: "Reports progress" }, async (extra) => {
      const progressToken = extra._meta?.progressToken;
      for (let progress = 1; progress <= 3 && progressToken !== undefined; progress++)
        await extra.sendNotification({
          method: "notifications/progress",
          params: { progressToken, progress }
        });
      return text("ünïcödé 🎉");
    });
    this.server.registerResource("note", "test://note", {}, (uri) => ({
      contents: [{ uri: uri.href, text: "a note" }]
    }));
    this.server.registerPrompt("greet", { argsSchema: { name: z.string() } }, ({ name }) => ({
      messages: [{ role: "user", content: { type: "text", text: `Hello, ${name}` } }]
    }));
  }
}

export default Counterpart.serve("/mcp", { binding: "COUNTERPART" });
