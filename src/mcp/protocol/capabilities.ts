import type { InputRequest } from "./input-request.ts";
import { isObject } from "../../system/json.ts";
import type { Params } from "./message.ts";

/** A client's own description of who it is and what it can do. */
export interface ClientInfo {
  protocolVersion: string;
  clientInfo: Params | undefined;
  capabilities: Params;
}

/**
 * Whether a client can show a form (elicitation of 2025-06-18 and later; an empty capability means forms).
 */
export function takesForms({ capabilities }: ClientInfo): boolean {
  const elicitation = capabilities["elicitation"];
  if (!isObject(elicitation)) return false;
  return isObject(elicitation["form"]) || !isObject(elicitation["url"]);
}

/** Whether a client can send its user to a URL (elicitation of 2025-11-25 and later). */
export function takesUrls({ capabilities }: ClientInfo): boolean {
  const elicitation = capabilities["elicitation"];
  return isObject(elicitation) && isObject(elicitation["url"]);
}

/** The extension for MCP Apps, and the MIME type that a client must list there to be shown pages. */
const APPS_EXTENSION = "io.modelcontextprotocol/ui";
export const APP_MIME_TYPE = "text/html;profile=mcp-app";

/** Whether a client renders pages with tool results (MCP Apps 2026-01-26, capability negotiation). */
export function rendersApps({ capabilities }: ClientInfo): boolean {
  const extensions = capabilities["extensions"];
  const settings = isObject(extensions) ? extensions[APPS_EXTENSION] : undefined;
  const types = isObject(settings) ? settings["mimeTypes"] : undefined;
  return Array.isArray(types) && types.includes(APP_MIME_TYPE);
}

/**
 * Whether a client has declared the capability that an input request needs. Without it, the request must not
 * be sent.
 */
export function canAnswer(client: ClientInfo, { method, params }: InputRequest): boolean {
  switch (method) {
    case "elicitation/create":
      return params?.["mode"] === "url" ? takesUrls(client) : takesForms(client);
    case "sampling/createMessage":
      return isObject(client.capabilities["sampling"]);
    case "roots/list":
      return isObject(client.capabilities["roots"]);
    default:
      return false;
  }
}

/** Whether `declared` includes every capability in `others`, nested members included. */
export function includesCapabilities(declared: Params, others: Params): boolean {
  if (declared === others) return true;
  return Object.entries(others).every(([name, value]) => {
    const known = declared[name];
    return isObject(value) ? isObject(known) && includesCapabilities(known, value) : !value || Boolean(known);
  });
}

/** Merges two sets of capabilities, nested members included. */
export function joinCapabilities(one: Params, other: Params): Params {
  const joined = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const known = one[name];
    joined[name] = isObject(known) && isObject(value) ? joinCapabilities(known, value) : known || value;
  }
  return joined;
}
