import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { describeResult } from "../../src/cli/commands/call/report.ts";
import { ImgwireError } from "../../src/errors.ts";
import type { HostedCall } from "../../src/mcp/calls/hosted-call.ts";
import { hostedTools, type HostedTools } from "../../src/mcp/calls/hosted-tools.ts";
import { withStructuredContent } from "../../src/mcp/local/upload-result.ts";
import type { Params } from "../../src/mcp/protocol/message.ts";
import { deliveryUrl, embedOf } from "../../src/mcp/service/delivery-url.ts";
import { type HostedContext, hostedDownloads, hostedUploads } from "../../src/mcp/service/transfers.ts";
import { askWhoami } from "../../src/mcp/service/whoami.ts";
import { spoiled } from "../support/members.ts";

/** The hosted tools of a server that answers every call with the same result. */
function answering(result: unknown): HostedTools {
  const send = (call: HostedCall): void =>
    call.respond({ jsonrpc: "2.0", id: call.request.id, result: result as Params }, undefined, "legacy");
  return hostedTools({
    send,
    client: { protocolVersion: "2025-11-25", clientInfo: undefined, capabilities: {} }
  });
}

const structured = (fields: object): object => ({
  content: [{ type: "text", text: JSON.stringify(fields) }],
  structuredContent: fields
});
const asText = (fields: object) => ({ content: [{ type: "text", text: JSON.stringify(fields) }] });
const failure = { content: [{ type: "text", text: '{"detail":"no","error_type":"X"}' }], isError: true };

const IMAGE = { id: "1", status: "READY", cdn_url: "https://cdn.example/1", width: 2, height: 1 };
const UPLOAD = {
  image: IMAGE,
  upload_url: "https://s3.example/1",
  upload_headers: { "content-type": "image/png" }
};
const WHOAMI = {
  user: { id: "u", email: "a@b.example" },
  organization: { id: "o", name: "O" },
  environments: [{ id: "e", name: "E", default: true }],
  linked_environment: { id: "e", name: "E" }
};
const JOB = { job: { id: "j", status: "READY", download_url: "https://s3.example/z" } };
const file = { fileName: "a.png", mimeType: "image/png", size: 1, sha256: "0" };

const tools = new Map<string, Tool>();
const context = (result: unknown): HostedContext => ({
  hosted: answering(result),
  hostedTools: () => Promise.resolve(tools),
  signal: new AbortController().signal
});

/** The readers of tool results, each with a valid result. */
const readers: [name: string, fields: object, read: (result: unknown) => Promise<unknown>][] = [
  ["whoami", WHOAMI, (result) => askWhoami(answering(result))],
  ["upload_image", UPLOAD, (result) => uploads(result).create(file)],
  ["retrieve_image", { image: IMAGE }, (result) => uploads(result).retrieve("1")],
  ["create_bulk_image_download", JOB, (result) => hostedDownloads(context(result)).create(["1"])],
  ["retrieve_bulk_image_download", JOB, (result) => hostedDownloads(context(result)).retrieve("j")],
  ["get_image_url", { url: "https://cdn.example/1" }, (result) => deliveryUrl(context(result), "1", {})],
  ["retrieve_image, as a snippet", { image: IMAGE }, embedIn]
];

function uploads(result: unknown) {
  return hostedUploads(context(result), { given: {}, environment: undefined });
}

async function embedIn(result: unknown): Promise<unknown> {
  return embedOf(await uploads(result).retrieve("1"), "", undefined) ?? {};
}

describe.each(readers)("the result of %s", (_, fields, read) => {
  it("reads the result from structured content or from text [mcp.result-members]", async () => {
    expect(await read(structured(fields))).toBeTruthy();
    expect(await read(asText(fields))).toEqual(await read(structured(fields)));
  });

  it("accepts the result or names the problem, whatever one of its members is [mcp.result-members]", async () => {
    const results = [
      ...spoiled(fields).map(([what, wrong]) => [what, structured(wrong as object)] as const),
      ...spoiled(fields).map(([what, wrong]) => [`${what}, as text`, asText(wrong as object)] as const),
      ...spoiled(structured(fields)),
      ...spoiled(failure)
    ];
    expect(results.length).toBeGreaterThan(50);
    for (const [what, result] of results) {
      if (typeof result !== "object" || result === null) continue;
      const outcome = await read(result).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome, what).toBeInstanceOf(ImgwireError);
    }
  });
});

describe("the result of any tool", () => {
  const whole = {
    content: [
      { type: "text", text: "a" },
      { type: "resource_link", uri: "https://a.example", name: "a" },
      { type: "image", data: "", mimeType: "image/png" }
    ],
    isError: true
  };

  it("shows the result of any tool, whatever one of its members is [mcp.result-members]", async () => {
    for (const [what, result] of spoiled(whole)) {
      if (typeof result !== "object" || result === null) continue;
      const shown = await answering(result).call("any", {});
      expect(typeof describeResult(shown), what).toBe("string");
    }
  });

  it("returns the structured content that upload_image promises, whatever one of its members is [mcp.result-members]", () => {
    for (const [what, result] of spoiled({ content: asText({ image: IMAGE }).content })) {
      if (typeof result !== "object" || result === null) continue;
      expect(typeof withStructuredContent(result as Record<string, unknown>), what).toBe("object");
    }
  });

  it.each<[string, object]>([
    ["without content", { isError: true }],
    ["with null for content", { isError: true, content: null }],
    ["with an empty content", { isError: true, content: [] }],
    ["with a text block without text", { isError: true, content: [{ type: "text" }, null] }]
  ])(
    "says for a result %s that the tool failed and gave no reason [mcp.result-members]",
    async (_, result) => {
      const shown: CallToolResult = await answering(result).call("any", {});
      expect(describeResult(shown)).toBe("The tool failed and gave no reason.");
      await expect(uploads(result).retrieve("1")).rejects.toMatchObject({ code: "hosted_error" });
    }
  );
});
