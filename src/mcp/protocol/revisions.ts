import { type Era, metaOf, type Request } from "./message.ts";
import { META } from "../era/modern/versions.ts";

/**
 * The era a request is written in (MCP 2026-07-28, versioning, backward compatibility): an envelope makes a
 * request modern, `initialize` without one opens the legacy era, and any other request is what came before.
 */
export function eraOf(request: Request, before: Era): Era {
  if (request.method === "server/discover" || META.protocolVersion in metaOf(request)) return "modern";
  return request.method === "initialize" ? "legacy" : before;
}
