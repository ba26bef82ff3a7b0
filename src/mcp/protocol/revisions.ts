import { META } from "./message.ts";

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

/** The `_meta` keys that make up a modern request's envelope. */
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
