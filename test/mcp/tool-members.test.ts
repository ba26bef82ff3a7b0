import type { Tool } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { ImgwireError } from "../../src/errors.ts";
import type { HostedCall } from "../../src/mcp/calls/hosted-call.ts";
import { listTools } from "../../src/mcp/calls/hosted-tools.ts";
import { readServerInfo } from "../../src/mcp/hosted/connection.ts";
import { classify, type Params } from "../../src/mcp/protocol/message.ts";
import { deliveryUrl } from "../../src/mcp/service/delivery-url.ts";
import { sanitizeServerInfo, sanitizeTools } from "../../src/mcp/tools/sanitize.ts";
import catalogue from "../../src/mcp/tools/catalogue.json";
import { withAdvice } from "../../src/mcp/tools/instructions.ts";
import { ToolSelection } from "../../src/mcp/tools/selection.ts";
import { bundled } from "../../src/mcp/tools/snapshot.ts";
import { offeredTools } from "../../src/mcp/tools/tool-list.ts";
import { spoiled } from "../support/members.ts";
import { fileTools } from "../transfer/file-tools.ts";

const everything = new ToolSelection({ readOnly: false, tools: undefined, excludeTools: undefined });
const quiet = (): void => undefined;
const local = fileTools({
  http: () => Promise.reject(new Error("none")),
  cwd: () => "/",
  home: "/"
});
const DOCUMENTED = catalogue.tools as Tool[];
const NAMES = ["upload_image", "retrieve_image", "get_image_url"];

describe.each(NAMES)("the hosted tool %s", (name) => {
  const others = DOCUMENTED.filter((tool) => tool.name !== name);
  const tool = {
    ...DOCUMENTED.find((each) => each.name === name)!,
    outputSchema: { type: "object", properties: { image: { type: "object" } }, required: ["image"] },
    _meta: { a: 1 }
  };

  it.each(["legacy", "modern"] as const)(
    "lists or leaves out the tool in the %s era, whatever one of its members is, and lists the others [mcp.tool-members]",
    async (era) => {
      for (const [what, odd] of spoiled(tool)) {
        const usable = sanitizeTools([odd, ...others], era, quiet);
        const names = offeredTools(usable, local, everything).map((each) => each.name);
        for (const each of others) expect(names, what).toContain(each.name);
        const context = {
          hosted: { list: () => Promise.resolve([]), call: () => Promise.reject(new ImgwireError("x", "x")) },
          hostedTools: () => Promise.resolve(new Map(usable.map((each) => [each.name, each]))),
          signal: new AbortController().signal
        };
        await expect(deliveryUrl(context, "1", { width: "2" }), what).rejects.toBeInstanceOf(ImgwireError);
      }
    }
  );
});

it("accepts or clearly refuses a tool list, whatever one of its members is [mcp.tool-members]", async () => {
  const whole = { tools: [DOCUMENTED[0]], nextCursor: "2", ttlMs: 5, cacheScope: "public" };
  const client = { protocolVersion: "2025-11-25", clientInfo: undefined, capabilities: {} };
  for (const [what, odd] of spoiled(whole)) {
    if (typeof odd !== "object" || odd === null) continue;
    const send = (call: HostedCall): void =>
      call.respond({ jsonrpc: "2.0", id: call.request.id, result: odd as Params }, undefined, "legacy");
    const outcome = await listTools({ send, client, warn: quiet }).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome, what).toBeInstanceOf(ImgwireError);
  }
});

it("describes a server to the model, whatever one of the members of its server info is [mcp.tool-members]", () => {
  const whole = {
    capabilities: { tools: { listChanged: true }, prompts: {}, experimental: { a: 1 } },
    serverInfo: { name: "a", version: "1" },
    instructions: "a"
  };
  for (const [what, odd] of spoiled(whole)) {
    if (typeof odd !== "object" || odd === null) continue;
    const { serverInfo, ...result } = odd as Params;
    const server = withAdvice(
      { ...bundled, server: sanitizeServerInfo(readServerInfo(result, serverInfo), quiet) },
      everything
    );
    expect(typeof server.instructions, what).toBe("string");
  }
});

it.each([
  { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "a", arguments: {}, _meta: { a: 1 } } },
  { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: 1, progress: 1 } },
  { jsonrpc: "2.0", id: 1, result: { content: [] } },
  { jsonrpc: "2.0", id: 1, error: { code: -1, message: "a", data: {} } }
])("classifies %j, whatever one of its members is [mcp.tool-members]", (message) => {
  for (const [what, odd] of spoiled(message))
    expect(["request", "notification", "response", "error", "invalid"], what).toContain(
      classify(odd, "").kind
    );
});
