import { metaOf, type Request } from "../../protocol/message.ts";
import { fieldValue } from "./headers.ts";
import { META } from "../../protocol/revisions.ts";

/** Requests for something that has a name. */
const NAMED = new Set(["tools/call", "prompts/get"]);

/**
 * The header fields that go with a request, some of which mirror it (MCP 2026-07-28, Streamable HTTP, request metadata).
 * @param version the protocol version, where the request does not state it itself
 */
export function requestFields(request: Request, version: string): Record<string, string> {
  const { method, params } = request;
  const source =
    method === "resources/read" ? params?.["uri"] : NAMED.has(method) ? params?.["name"] : undefined;
  const stated = metaOf(request)[META.protocolVersion];
  return {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": typeof stated === "string" ? stated : version,
    "mcp-method": fieldValue(method),
    ...(typeof source === "string" && { "mcp-name": fieldValue(source) })
  };
}
