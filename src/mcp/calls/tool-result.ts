import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";
import { isObject } from "../../system/json.ts";
import type { Params } from "../protocol/message.ts";

/**
 * A tool's result as MCP wants it, whatever a server has sent: without content blocks that are none, and
 * with every member of its own type. Members that MCP doesn't know are kept.
 */
export function toToolResult({ content, structuredContent, isError, ...rest }: Params): CallToolResult {
  return {
    ...rest,
    content: Array.isArray(content) ? content.filter(isBlock) : [],
    ...(isObject(structuredContent) && { structuredContent }),
    ...(typeof isError === "boolean" && { isError })
  };
}

function isBlock(value: unknown): value is ContentBlock {
  if (!isObject(value) || typeof value["type"] !== "string") return false;
  return value["type"] !== "text" || typeof value["text"] === "string";
}
