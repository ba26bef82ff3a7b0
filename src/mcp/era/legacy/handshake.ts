import { isObject } from "../../../system/json.ts";
import { announced, type ServerInfo } from "../../hosted/connection.ts";
import type { ClientInfo } from "../../protocol/capabilities.ts";
import type { Params, Request } from "../../protocol/message.ts";
import { LATEST_LEGACY, LEGACY_VERSIONS } from "../../protocol/revisions.ts";

/** The client that an `initialize` introduces, with the revision that is spoken from here on. */
export function clientOf({ params = {} }: Request): ClientInfo {
  const { protocolVersion, clientInfo, capabilities } = params;
  const known = typeof protocolVersion === "string" && LEGACY_VERSIONS.has(protocolVersion);
  return {
    protocolVersion: known ? protocolVersion : LATEST_LEGACY,
    clientInfo: isObject(clientInfo) ? clientInfo : undefined,
    capabilities: isObject(capabilities) ? capabilities : {}
  };
}

/** The result of `initialize` (MCP 2025-11-25, basic/lifecycle). */
export function initializeResult({ protocolVersion }: ClientInfo, server: ServerInfo): Params {
  return {
    protocolVersion,
    capabilities: announced(server.capabilities),
    serverInfo: server.serverInfo ?? { name: "imgwire-mcp", version: "0" },
    ...(server.instructions !== undefined && { instructions: server.instructions })
  };
}
