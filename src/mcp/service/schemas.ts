import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { ImgwireError } from "../../errors.ts";
import { isObject, parseJsonObject } from "../../system/json.ts";

/** A JSON object whose members haven't been checked. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a hosted tool's result as an object: its `structuredContent`, or else the JSON in its first text
 * block. If that object has an object named `result`, returns the inner one.
 * @throws ImgwireError `hosted_error`, or the service's own `error_type`, for a result with `isError`;
 *   `unexpected_answer` when there is no object in it
 */
export function fieldsOf(tool: string, result: CallToolResult): Fields {
  if (result.isError) throw domainError(tool, textOf(result));
  const fields = asFields(result.structuredContent) ?? parseJsonObject(firstText(result) ?? "");
  if (fields) return asFields(fields["result"]) ?? fields;
  throw unexpected(tool, "no JSON object");
}

/**
 * The error for a result that lacks something required.
 * @param what what it returned instead, such as "no URL"
 */
export function unexpected(tool: string, what: string): ImgwireError {
  return new ImgwireError("unexpected_answer", `Imgwire's tool ${tool} returned ${what}.`, {
    hint: "Imgwire may have changed; update imgwire-mcp and try again."
  });
}

/** The value as a JSON object; undefined if it is something else. */
export function asFields(value: unknown): Fields | undefined {
  return isObject(value) ? value : undefined;
}

/** Domain errors are JSON objects with `detail` and `error_type`, sometimes with text before them. */
function domainError(tool: string, text: string): ImgwireError {
  const fields = parseJsonObject(text.slice(Math.max(0, text.indexOf("{"))));
  const detail = fields?.["detail"];
  const type = fields?.["error_type"];
  const message = typeof detail === "string" ? detail : text || `${tool} failed and gave no reason.`;
  return new ImgwireError(typeof type === "string" ? type : "hosted_error", message);
}

function textOf(result: CallToolResult): string {
  return result.content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
}

function firstText(result: CallToolResult): string | undefined {
  return result.content.find((block) => block.type === "text")?.text;
}

/** Something that this program knows about a file and can fill in as an argument of a hosted upload tool. */
export type Fact = "fileName" | "mimeType" | "size" | "sha256" | "idempotencyKey";

/**
 * Argument names, in lower case without underscores, and the fact that each stands for. The hosted tools'
 * schemas aren't published; these are the REST schema's names and their usual variants.
 */
const ARGUMENTS: Readonly<Record<string, Fact>> = {
  filename: "fileName",
  originalfilename: "fileName",
  mimetype: "mimeType",
  contenttype: "mimeType",
  contentlength: "size",
  sizebytes: "size",
  filesize: "size",
  hashsha256: "sha256",
  sha256: "sha256",
  idempotencykey: "idempotencyKey"
};

/**
 * The fact that an argument of a hosted upload tool stands for; undefined if only the agent can know its
 * value.
 */
export function factFor(argument: string): Fact | undefined {
  return ARGUMENTS[argument.replace(/[_-]/g, "").toLowerCase()];
}

/** The argument names in a tool's live input schema. */
export function argumentNames(tool: Tool | undefined): readonly string[] {
  return Object.keys(tool?.inputSchema.properties ?? {});
}

/** The name of a hosted tool's only argument: the expected one, unless the live schema has another. */
export function soleArgument(tool: Tool | undefined, expected: string): string {
  const names = argumentNames(tool);
  if (names.length === 0 || names.includes(expected)) return expected;
  return tool?.inputSchema.required?.[0] ?? names[0] ?? expected;
}
