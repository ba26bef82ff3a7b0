import { setTimeout as delay } from "node:timers/promises";
import { completable, McpServer, ResourceTemplate, type ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import { codec, registerQuestions } from "./questions.ts";
import { text, toolAdder } from "./tool.ts";

/** State that outlives a request: in the modern era a new server is created for each. */
export interface World {
  /** Whether the tool that can be added and removed is currently offered. */
  hasExtraTool: boolean;
  /** Notifies every connection that the tools have changed. */
  toolsChanged: () => void;
  promptsChanged: () => void;
}

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
const image = { type: "image" as const, data: PIXEL, mimeType: "image/png" };
/** Long enough for successive messages to arrive separately. */
const PAUSE_MS = 20;

/** A server with everything that the suite's server scenarios require, in either era. */
export function everythingServer(world: World): McpServer {
  const server = new McpServer(
    { name: "everything", version: "1.0.0" },
    {
      capabilities: {
        logging: {},
        completions: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true }
      },
      requestState: { verify: (state, ctx) => codec.verify(state, ctx) }
    }
  );
  registerTools(server);
  registerTriggers(server, world);
  registerQuestions(server);
  registerResources(server);
  registerPrompts(server);
  return server;
}

function registerTools(server: McpServer): void {
  const add = toolAdder(server);
  const embedded = (uri: string, mimeType: string, value: string) => ({
    type: "resource" as const,
    resource: { uri, mimeType, text: value }
  });
  add("test_simple_text", () => text("This is a simple text response for testing."));
  add("test_image_content", () => ({ content: [image] }));
  add("test_audio_content", () => ({ content: [{ type: "audio", data: SILENCE, mimeType: "audio/wav" }] }));
  add("test_embedded_resource", () => ({
    content: [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]
  }));
  add("test_multiple_content_types", () => ({
    content: [
      { type: "text", text: "Multiple content types test:" },
      image,
      embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}')
    ]
  }));
  add("test_error_handling", () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
  add("test_tool_with_logging", logThrice);
  add("test_logging_tool", logThrice);
  add("test_tool_with_progress", async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      const params = { progressToken, progress, total: 100 };
      if (progressToken !== undefined) await mcpReq.notify({ method: "notifications/progress", params });
      await delay(PAUSE_MS);
    }
    return text("Done.");
  });
}

async function logThrice({ mcpReq }: ServerContext): Promise<unknown> {
  for (const said of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
    await mcpReq.log("info", said);
    await delay(PAUSE_MS);
  }
  return text("Logged.");
}

function registerTriggers(server: McpServer, world: World): void {
  const extra = server.registerTool("test_extra", { description: "Comes and goes" }, () => text("Here."));
  extra.enabled = world.hasExtraTool;
  const add = (name: string, run: () => void): void =>
    void server.registerTool(name, { description: "Has a list change" }, () => {
      run();
      return text("Changed.");
    });
  add("test_trigger_tool_change", () => {
    extra.enabled = world.hasExtraTool = !world.hasExtraTool;
    world.toolsChanged();
  });
  add("test_trigger_prompt_change", () => world.promptsChanged());
}

function registerResources(server: McpServer): void {
  const fixed = (name: string, mimeType: string, content: { text: string } | { blob: string }): void =>
    void server.registerResource(name, `test://${name}`, { description: name, mimeType }, ({ href }) => ({
      contents: [{ uri: href, mimeType, ...content }]
    }));
  fixed("static-text", "text/plain", { text: "This is the content of the static text resource." });
  fixed("static-binary", "image/png", { blob: PIXEL });
  fixed("watched-resource", "text/plain", { text: "Watched." });
  const template = new ResourceTemplate("test://template/{id}/data", { list: undefined });
  const mimeType = "application/json";
  server.registerResource(
    "template",
    template,
    { description: "template", mimeType },
    ({ href }, { id }) => ({
      contents: [
        {
          uri: href,
          mimeType,
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` })
        }
      ]
    })
  );
  server.server.setRequestHandler("resources/subscribe", () => ({}));
  server.server.setRequestHandler("resources/unsubscribe", () => ({}));
}

function registerPrompts(server: McpServer): void {
  const user = <T>(content: T) => ({ role: "user" as const, content });
  const say = (value: string) => user({ type: "text" as const, text: value });
  server.registerPrompt("test_simple_prompt", { description: "Simple" }, () => ({
    messages: [say("This is a simple prompt for testing.")]
  }));
  const arg1 = completable(z.string(), (value) =>
    ["paris", "park", "party"].filter((each) => each.startsWith(value))
  );
  const argsSchema = z.object({ arg1, arg2: z.string() });
  server.registerPrompt(
    "test_prompt_with_arguments",
    { description: "With arguments", argsSchema },
    (args) => ({
      messages: [say(`Prompt with arguments: arg1='${args.arg1}', arg2='${args.arg2}'`)]
    })
  );
  const uriSchema = z.object({ resourceUri: z.string() });
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "With a resource", argsSchema: uriSchema },
    ({ resourceUri: uri }) => {
      const resource = { uri, mimeType: "text/plain", text: "Embedded resource content for testing." };
      return {
        messages: [
          user({ type: "resource" as const, resource }),
          say("Please process the embedded resource above.")
        ]
      };
    }
  );
  server.registerPrompt("test_prompt_with_image", { description: "With an image" }, () => ({
    messages: [user(image), say("Please analyze the image above.")]
  }));
}
