import type { Tool } from "@modelcontextprotocol/client";
import { isObject } from "../../system/json.ts";

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";

/** What the members of a tool have to be (MCP 2025-11-25, tools, data types). */
const MEMBERS: Readonly<Record<string, Check>> = {
  title: isText,
  description: isText,
  annotations: isObject,
  outputSchema: isObject,
  icons: Array.isArray,
  _meta: isObject
};

/** The same of the members of a schema that this program reads. */
const SCHEMA: Readonly<Record<string, Check>> = {
  properties: isObject,
  required: (value) => Array.isArray(value) && value.every(isText)
};

/** A tool without the members that are null or of another type than they have to be; others are kept. */
export function withoutOddMembers(tool: Tool): Tool {
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
