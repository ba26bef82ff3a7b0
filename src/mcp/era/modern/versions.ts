/** The revisions in which every request stands alone, newest first. */
export const MODERN_VERSIONS: readonly string[] = ["2026-07-28"];
export const LATEST_MODERN = "2026-07-28";

/** Keys of the per-request envelope and of results (MCP 2026-07-28, basic/index, `_meta`). */
export const META = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId"
} as const;
