import type { Tool } from "@modelcontextprotocol/client";
import type { LocalTool } from "../local/local-tool.ts";

/** Only this hosted tool is replaced by a local one: `upload_image`, which gains `path`. */
const REPLACED = "upload_image";

/** The hosted tools in their order, with the local tools in place of or after them. */
export function mergeTools(hosted: readonly Tool[], local: readonly LocalTool[]): Tool[] {
  const known = byName(hosted);
  const merged = new Map(known);
  for (const tool of local) {
    const described = isShadowed(tool, known) ? undefined : tool.describe(known);
    if (described) merged.set(described.name, described);
  }
  return [...merged.values()];
}

/**
 * Whether a hosted tool has the name of a local one that must not replace it: then the name is the hosted
 * tool's.
 */
export function isShadowed({ name }: LocalTool, hosted: ReadonlyMap<string, Tool>): boolean {
  return name !== REPLACED && hosted.has(name);
}

/** Tools by their name. */
export function byName(tools: readonly Tool[]): Map<string, Tool> {
  return new Map(tools.map((tool) => [tool.name, tool]));
}
