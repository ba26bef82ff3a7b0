import type { Tool } from "@modelcontextprotocol/client";
import { stripControls } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import { MAX_TOOLS } from "../calls/hosted-tools.ts";
import type { ServerInfo } from "../hosted/connection.ts";
import { annotatedHeaders } from "../protocol/request-headers.ts";
import type { Era } from "../protocol/message.ts";

/** Tool names that agents can be expected to accept (MCP 2025-11-25, tools, tool names), plus `/` and `:`. */
const NAME = /^[\w.\-/:]{1,128}$/;
/** The most characters of JSON in one tool. */
const MAX_TOOL_CHARS = 64 * 1024;
/** The deepest nesting in a tool. The deepest schemas known have about twenty levels. */
const MAX_TOOL_DEPTH = 100;
/** The longest instructions, in characters. They go into a model's context in full. */
const MAX_INSTRUCTIONS_CHARS = 16 * 1024;
/** The most characters of JSON in all tools together, which go into a model's context. */
const MAX_LIST_CHARS = 1024 * 1024;

/**
 * Keeps the hosted tools that an agent can be shown: those that are well-formed and not too large. Control
 * characters and bidirectional overrides are removed from their texts. The other tools are dropped, each with
 * a warning.
 */
export function sanitizeTools(tools: readonly unknown[], era: Era, warn: (reason: string) => void): Tool[] {
  const usable = new Map<string, Tool>();
  let size = 0;
  for (const tool of tools.slice(0, MAX_TOOLS)) {
    const reason =
      defectOf(tool, era) ?? (usable.has((tool as Tool).name) ? "its name is used twice" : undefined);
    if (reason === undefined) size += sizeOf(tool as Tool);
    if (reason !== undefined) warn(`A tool from Imgwire (${nameOf(tool)}) is left out: ${reason}.`);
    else if (size > MAX_LIST_CHARS) warn(`The tool ${nameOf(tool)} is left out: the list is too long.`);
    else usable.set((tool as Tool).name, cleaned(withoutOddMembers(tool as Tool)) as Tool);
  }
  if (tools.length > MAX_TOOLS) warn(`Imgwire has ${tools.length} tools; only ${MAX_TOOLS} are passed on.`);
  return [...usable.values()];
}

function defectOf(tool: unknown, era: Era): string | undefined {
  if (!isObject(tool) || typeof tool["name"] !== "string") return "it has no name";
  if (!NAME.test(tool["name"])) return "its name has characters that aren't allowed in a tool name";
  if (!isObject(tool["inputSchema"]) || tool["inputSchema"]["type"] !== "object")
    return "it has no input schema";
  if (isDeeper(tool, MAX_TOOL_DEPTH)) return "it is nested too deeply";
  const size = sizeOf(tool);
  if (size > MAX_TOOL_CHARS) return "it is too large";
  // Legacy revisions don't define the annotation, so it can't be invalid.
  if (era === "legacy") return undefined;
  const headers = annotatedHeaders(tool["inputSchema"]);
  return "invalid" in headers ? headers.invalid : undefined;
}

/** The length as JSON. */
function sizeOf(tool: object): number {
  return JSON.stringify(tool).length;
}

/**
 * Whether a value is nested more than `levels` deep. Checked first, because the rest of the code recurses
 * into it.
 */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";

/** The required types of a tool's members (MCP 2025-11-25, tools, data types). */
const MEMBERS: Readonly<Record<string, Check>> = {
  title: isText,
  description: isText,
  annotations: isObject,
  outputSchema: isObject,
  icons: Array.isArray,
  _meta: isObject
};

/** The required types of the schema members that this program reads. */
const SCHEMA: Readonly<Record<string, Check>> = {
  properties: isObject,
  required: (value) => Array.isArray(value) && value.every(isText)
};

/** Removes known members that are null or of the wrong type. Unknown members are kept. */
function withoutOddMembers(tool: Tool): Tool {
  const { inputSchema, outputSchema, ...rest } = without(tool, MEMBERS) as unknown as Tool;
  return {
    ...rest,
    inputSchema: without(inputSchema, SCHEMA) as Tool["inputSchema"],
    ...(outputSchema && { outputSchema: without(outputSchema, SCHEMA) })
  };
}

function without(value: object, checks: Readonly<Record<string, Check>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name, each]) => checks[name]?.(each) ?? true));
}

/** Removes harmful characters from all strings and keys in a value. */
function cleaned(value: unknown): unknown {
  if (typeof value === "string") return stripControls(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [stripControls(key), cleaned(each)]));
}

/** Limits the size of a server's `serverInfo` and instructions, and removes harmful characters from them. */
export function sanitizeServerInfo(server: ServerInfo, warn: (reason: string) => void): ServerInfo {
  const { serverInfo, instructions } = server;
  const isTooLarge = isDeeper(serverInfo, MAX_TOOL_DEPTH) || sizeOf(serverInfo ?? {}) > MAX_TOOL_CHARS;
  if (isTooLarge) warn("Imgwire's serverInfo is left out: it is too long.");
  if (instructions !== undefined && instructions.length > MAX_INSTRUCTIONS_CHARS)
    warn("Imgwire's instructions are too long and were cut.");
  return {
    ...server,
    serverInfo: isTooLarge ? undefined : (cleaned(serverInfo) as ServerInfo["serverInfo"]),
    instructions: instructions && stripControls(instructions.slice(0, MAX_INSTRUCTIONS_CHARS))
  };
}

function nameOf(tool: unknown): string {
  return isObject(tool) && typeof tool["name"] === "string"
    ? JSON.stringify(tool["name"].slice(0, 80))
    : "unnamed";
}
