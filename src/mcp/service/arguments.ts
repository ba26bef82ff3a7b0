import type { Tool } from "@modelcontextprotocol/client";

/** What this program knows about a file and can put into the arguments of a hosted upload tool. */
export type Fact = "fileName" | "mimeType" | "size" | "sha256" | "idempotencyKey";

/**
 * Argument names, without underscores and in lower case, and the fact each stands for. The hosted tools'
 * schemas are not published: these are the REST schema's names and their usual variants.
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
 * The fact that an argument of a hosted upload tool stands for; undefined for one that only the agent can
 * know.
 */
export function factFor(argument: string): Fact | undefined {
  return ARGUMENTS[argument.replace(/[_-]/g, "").toLowerCase()];
}

/** The argument names that a tool's live input schema has. */
export function argumentNames(tool: Tool | undefined): readonly string[] {
  return Object.keys(tool?.inputSchema.properties ?? {});
}

/** What a hosted tool calls its one argument, when that is not what it is expected to be called. */
export function soleArgument(tool: Tool | undefined, expected: string): string {
  const names = argumentNames(tool);
  if (names.length === 0 || names.includes(expected)) return expected;
  return tool?.inputSchema.required?.[0] ?? names[0] ?? expected;
}
