import type { CallToolResult } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { fieldsOf } from "../../src/mcp/service/schemas.ts";

function text(value: string, more: Partial<CallToolResult> = {}): CallToolResult {
  return { content: [{ type: "text", text: value }], ...more };
}

describe("a hosted tool's result", () => {
  it.each<{ name: string; result: CallToolResult }>([
    { name: "structured content", result: text("for people", { structuredContent: { id: "a" } }) },
    { name: "JSON in the first text block", result: text('{"id":"a"}') },
    { name: "either, wrapped in `result`", result: text("", { structuredContent: { result: { id: "a" } } }) }
  ])("reads a hosted tool's result from $name", ({ result }) => {
    expect(fieldsOf("tool", result)).toEqual({ id: "a" });
  });

  it.each([
    {
      result: text('{"detail":"Subscription needed.","error_type":"PaymentRequiredError"}', {
        isError: true
      }),
      error: { code: "PaymentRequiredError", message: "Subscription needed." }
    },
    {
      result: text('Error: {"detail":"No such image.","error_type":"ResourceNotFoundError"}', {
        isError: true
      }),
      error: { code: "ResourceNotFoundError", message: "No such image." }
    },
    {
      result: text("out of order", { isError: true }),
      error: { code: "hosted_error", message: "out of order" }
    },
    { result: text("Done!"), error: { code: "unexpected_answer" } },
    { result: text("[1]"), error: { code: "unexpected_answer" } }
  ])("reports a hosted tool's error as $error.code", ({ result, error }) => {
    expect(() => fieldsOf("tool", result)).toThrow(expect.objectContaining(error) as Error);
  });
});
