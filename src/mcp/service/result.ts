import type { CallToolResult } from "@modelcontextprotocol/client";
import { ImgwireError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";

/** A JSON object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * What a hosted tool answered, as an object: its `structuredContent`, or else the JSON in its first text
 * block.
 * @throws ImgwireError `hosted_error`, or the service's own `error_type`, for a result with `isError`;
 * `unexpected_answer` when there is no object in it
 */
export function fieldsOf(tool: string, result: CallToolResult): Fields {
  if (result.isError) throw domainError(tool, textOf(result));
  const fields = asFields(result.structuredContent) ?? parseFields(firstText(result));
  if (fields) return asFields(fields["result"]) ?? fields;
  throw unexpected(tool, "no JSON object");
}

/** The error for an answer that lacks what it has to have. */
export function unexpected(tool: string, what: string): ImgwireError {
  return new ImgwireError("unexpected_answer", `The hosted tool ${tool} gave an answer with ${what}.`, {
    hint: "The service may have changed; update imgwire-mcp and try again."
  });
}

/** The value as a JSON object, or undefined where it is something else. */
export function asFields(value: unknown): Fields | undefined {
  return isObject(value) ? value : undefined;
}

/** Domain errors are `{"detail", "error_type"}`, sometimes with words before them. */
function domainError(tool: string, text: string): ImgwireError {
  const fields = parseFields(text.slice(Math.max(0, text.indexOf("{"))));
  const detail = fields?.["detail"];
  const type = fields?.["error_type"];
  const message = typeof detail === "string" ? detail : text || "no reason was given";
  return new ImgwireError(
    typeof type === "string" ? type : "hosted_error",
    `The hosted tool ${tool} failed: ${message}`
  );
}

function parseFields(text: string | undefined): Fields | undefined {
  try {
    return asFields(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

function textOf(result: CallToolResult): string {
  return result.content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
}

function firstText(result: CallToolResult): string | undefined {
  return result.content.find((block) => block.type === "text")?.text;
}
