import { ImgwireError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import { checkServerUrl, rulesFor } from "../../system/url.ts";
import { type Params, type Response, type RpcError, URL_ELICITATION_REQUIRED } from "./message.ts";

/**
 * Something that a server needs from the agent's user or model: elicitation, sampling, roots, whatever comes
 * later.
 */
export interface InputRequest {
  method: string;
  params?: Params;
}
/** What came back for one. */
export type InputResponse = { result: Params } | { error: RpcError };
/** By the keys that the server gave them. */
export type InputRequests = Record<string, InputRequest>;
export type InputResponses = Record<string, InputResponse>;

/** The hosted MCP endpoint, from which follows what it may link to, and the log. */
interface Context {
  url: URL;
  log: Log;
}

/**
 * Checks the link of an elicitation in URL mode (MCP 2025-11-25 and 2026-07-28, client/elicitation). The
 * agent shows or opens it because the server says so; an untrusted one must not reach it.
 * @throws ImgwireError `link_refused`
 */
export function checkInputRequest({ method, params }: InputRequest, context: Context): void {
  if (method !== "elicitation/create" || !params) return;
  if (params["mode"] === "url" || params["url"] !== undefined) checkLink(params["url"], context);
}

/**
 * Checks the links in a response: in the input requests of an `input_required` result, and in an error
 * -32042.
 * @throws ImgwireError `link_refused`
 */
export function checkResponse({ result, error }: Response, context: Context): void {
  if (result?.["resultType"] === "input_required") {
    for (const request of objectsIn(result["inputRequests"]))
      checkInputRequest(request as unknown as InputRequest, context);
  }
  if (error?.code !== URL_ELICITATION_REQUIRED || !isObject(error.data)) return;
  for (const { url } of objectsIn(error.data["elicitations"])) checkLink(url, context);
}

function checkLink(url: unknown, { url: hosted, log }: Context): void {
  try {
    checkServerUrl(typeof url === "string" ? url : "", "The link", rulesFor(hosted));
  } catch (cause) {
    log.warn(`Imgwire asked for a visit to ${JSON.stringify(url)?.slice(0, 200)}: refused.`);
    throw linkRefused(cause);
  }
}

/** The link itself goes to the log alone: in a chat somebody could click it. */
function linkRefused(cause: unknown): ImgwireError {
  const message =
    "The hosted server wants to send you to a link that cannot be trusted. It was not passed on; the log on stderr shows it.";
  const hint = "The hosted service is misconfigured, or is not the one you meant: check IMGWIRE_MCP_URL.";
  return new ImgwireError("link_refused", message, { hint, cause });
}

function objectsIn(value: unknown): Params[] {
  return typeof value === "object" && value !== null ? Object.values(value).filter(isObject) : [];
}
