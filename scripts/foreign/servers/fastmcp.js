import { FastMCP } from "fastmcp";
import { z } from "zod";

const server = new FastMCP({ name: "counterpart", version: "1.0.0", instructions: "Ask it anything." });
server.addTool({
  name: "echo",
  description: "Returns the text",
  annotations: { readOnlyHint: true, title: "Echo" },
  parameters: z.object({ text: z.string() }),
  execute: async ({ text }) => text
});
server.addTool({
  name: "report",
  description: "Reports progress and logs",
  parameters: z.object({ steps: z.number().int().default(3) }),
  execute: async ({ steps }, { log, reportProgress }) => {
    for (let step = 1; step <= steps; step++) {
      await reportProgress({ progress: step, total: steps });
      log.info("a step", { step });
    }
    return {
      content: [
        { type: "text", text: "done" },
        { type: "text", text: "ünïcödé 🎉" }
      ]
    };
  }
});
server.addTool({
  name: "broken",
  description: "Fails",
  execute: async () => {
    throw new Error("it broke");
  }
});
server.addResource({
  uri: "test://note",
  name: "note",
  mimeType: "text/plain",
  load: async () => ({ text: "a note" })
});
server.addResourceTemplate({
  uriTemplate: "test://notes/{name}",
  name: "notes",
  mimeType: "text/plain",
  arguments: [{ name: "name", required: true }],
  load: async ({ name }) => ({ text: `the note ${name}` })
});
server.addPrompt({
  name: "greet",
  description: "Greets",
  arguments: [{ name: "name", required: true, enum: ["Robin", "Kim"] }],
  load: async ({ name }) => `Hello, ${name}`
});
await server.start({
  transportType: "httpStream",
  httpStream: { port: Number(process.env.PORT), host: "127.0.0.1" }
});
