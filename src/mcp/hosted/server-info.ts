import { isObject } from "../../system/json.ts";
import type { ServerInfo } from "./connection.ts";
import { type Params } from "../protocol/message.ts";

/**
 * What the result of `initialize` or `server/discover` says of the server.
 * @param serverInfo the part that the two have in different places
 */
export function readServerInfo({ capabilities, instructions }: Params, serverInfo: unknown): ServerInfo {
  return {
    capabilities: isObject(capabilities) ? capabilities : {},
    serverInfo: isObject(serverInfo) ? serverInfo : undefined,
    instructions: typeof instructions === "string" ? instructions : undefined
  };
}

/** The hosted server's capabilities, with the tools that this program always has and may change. */
export function announced(capabilities: Params): Params {
  const tools = isObject(capabilities["tools"]) ? capabilities["tools"] : {};
  return { ...capabilities, tools: { ...tools, listChanged: true } };
}
