import { type Era, metaOf, type Request } from "./message.ts";

/** The revisions that open with `initialize`. */
export const LEGACY_VERSIONS: ReadonlySet<string> = new Set([
  "2024-11-05",
  "2025-03-26",
  "2025-06-18",
  "2025-11-25"
]);
export const LATEST_LEGACY = "2025-11-25";

/** The revisions in which every request stands alone, newest first. */
export const MODERN_VERSIONS: readonly string[] = ["2026-07-28"];
export const LATEST_MODERN = "2026-07-28";

/** Keys that a modern message has in its `_meta` (MCP 2026-07-28, basic/index, `_meta`). */
export const META = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId"
} as const;

/** Those with which a request says who asks and how: its envelope. */
export const ENVELOPE_KEYS: readonly string[] = [
  META.protocolVersion,
  META.clientInfo,
  META.clientCapabilities,
  META.logLevel
];

/** Methods whose results carry caching hints (MCP 2026-07-28, caching; SEP-2640). */
export const CACHEABLE: ReadonlySet<string> = new Set([
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "skills/list",
  "skills/get",
  "resources/directory/read"
]);

/**
 * The era a request is written in (MCP 2026-07-28, versioning, backward compatibility): an envelope makes it
 * modern, `initialize` without one opens the legacy era, and any other request is in the era of the one
 * before.
 */
export function eraOf(request: Request, before: Era): Era {
  if (request.method === "server/discover" || META.protocolVersion in metaOf(request)) return "modern";
  return request.method === "initialize" ? "legacy" : before;
}
