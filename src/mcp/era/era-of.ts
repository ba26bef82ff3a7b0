import { type Era, metaOf, type Request } from "../message.ts";
import { META } from "./modern/versions.ts";

/**
 * The era a request is written in (MCP 2026-07-28, versioning, backward compatibility): `initialize` opens the
 * legacy one, an envelope makes a request modern, and without either it is what came before.
 */
export function eraOf(request: Request, before: Era): Era {
  if (request.method === "initialize") return "legacy";
  if (request.method === "server/discover" || META.protocolVersion in metaOf(request)) return "modern";
  return before;
}
