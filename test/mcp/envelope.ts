/** The prefix of MCP's own `_meta` keys. */
const PREFIX = "io.modelcontextprotocol/";
/** The `_meta` of a modern client without any capabilities. */
export const META = envelope({});

/** The `_meta` in which each request of the modern era describes its client. */
export function envelope(clientCapabilities: object): Record<string, unknown> {
  return {
    [`${PREFIX}protocolVersion`]: "2026-07-28",
    [`${PREFIX}clientInfo`]: { name: "driver", version: "1.0.0" },
    [`${PREFIX}clientCapabilities`]: clientCapabilities
  };
}
