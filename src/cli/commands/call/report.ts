import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";
import { stripControls } from "../../../log.ts";
import { plain } from "../../ui/output.ts";

/** Formats a tool's result for people: its structured content if there is any, otherwise its texts. */
export function describeResult({ structuredContent, content, isError }: CallToolResult): string {
  if (structuredContent) return stripControls(JSON.stringify(structuredContent, undefined, 2));
  const text = content.map(describeBlock).join("\n");
  return text === "" && isError ? "The tool failed and gave no reason." : text;
}

function describeBlock(block: ContentBlock): string {
  if (block.type === "text") return stripControls(block.text);
  if (block.type === "resource_link") return plain(block.uri);
  return `[${block.type}]`;
}
