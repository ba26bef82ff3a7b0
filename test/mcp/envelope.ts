/** The prefix of the `_meta` keys of MCP itself. */
const PREFIX = "io.modelcontextprotocol/";
/** The envelope of a client that can do nothing special. */
export const META = envelope({});

/** What a request of the modern era says of its client. */
export function envelope(clientCapabilities: object): object {
  return {
    [`${PREFIX}protocolVersion`]: "2026-07-28",
    [`${PREFIX}clientInfo`]: { name: "driver", version: "1.0.0" },
    [`${PREFIX}clientCapabilities`]: clientCapabilities
  };
}
