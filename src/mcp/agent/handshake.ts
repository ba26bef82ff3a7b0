import { isObject } from "../../system/json.ts";
import type { ServerInfo } from "../hosted/connection.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import type { Params, Request } from "../protocol/message.ts";
import { LATEST_LEGACY, LEGACY_VERSIONS } from "../protocol/revisions.ts";

/** The extension by which a server announces skills (SEP-2640). */
export const SKILLS_EXTENSION = "io.modelcontextprotocol/skills";

/**
 * The hosted server's capabilities plus those that this program always has: tools, whose list may change, and
 * a skill, whose files are resources.
 */
export function announced(capabilities: Params): Params {
  return {
    ...capabilities,
    tools: { ...membersOf(capabilities, "tools"), listChanged: true },
    resources: membersOf(capabilities, "resources"),
    extensions: { ...membersOf(capabilities, "extensions"), [SKILLS_EXTENSION]: { directoryRead: true } }
  };
}

function membersOf(capabilities: Params, name: string): Params {
  return isObject(capabilities[name]) ? capabilities[name] : {};
}

/**
 * Reads the client info from an `initialize` request; `protocolVersion` is the revision to speak from now on.
 */
export function readClientInfo({ params = {} }: Request): ClientInfo {
  const { protocolVersion, clientInfo, capabilities } = params;
  const known = typeof protocolVersion === "string" && LEGACY_VERSIONS.has(protocolVersion);
  return {
    protocolVersion: known ? protocolVersion : LATEST_LEGACY,
    clientInfo: isObject(clientInfo) ? clientInfo : undefined,
    capabilities: isObject(capabilities) ? capabilities : {}
  };
}

/** Builds the result of `initialize` (MCP 2025-11-25, basic/lifecycle). */
export function initializeResult({ protocolVersion }: ClientInfo, server: ServerInfo): Params {
  return {
    protocolVersion,
    capabilities: announced(server.capabilities),
    serverInfo: server.serverInfo ?? { name: "imgwire-mcp", version: "0" },
    ...(server.instructions !== undefined && { instructions: server.instructions })
  };
}
