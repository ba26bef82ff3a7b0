import { ImgwireError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import { checkServerUrl, rulesFor } from "../../system/url.ts";
import { type Params, type Response, type RpcError, URL_ELICITATION_REQUIRED } from "./message.ts";

/**
 * Something that a server requests from the client: elicitation, sampling, roots, or a method added later.
 */
export interface InputRequest {
  method: string;
  params?: Params;
}
/** The reply to an input request. */
export type InputResponse = { result: Params } | { error: RpcError };
/** Input requests, by the keys that the server gave them. */
export type InputRequests = Record<string, InputRequest>;
export type InputResponses = Record<string, InputResponse>;

/** The hosted MCP endpoint, which determines the links that are allowed, and the log. */
interface Context {
  url: URL;
  log: Log;
}

/**
 * Checks the link of an elicitation in URL mode (MCP 2025-11-25 and 2026-07-28, client/elicitation). The
 * agent would show or open the link, so an untrusted one must not reach it.
 * @throws ImgwireError `link_refused`
 */
export function checkInputRequest({ method, params }: InputRequest, context: Context): void {
  if (method !== "elicitation/create" || !params) return;
  if (params["mode"] === "url" || params["url"] !== undefined) checkLink(params["url"], context);
}

/**
 * Checks the links in a response: those in the input requests of an `input_required` result, and those in a
 * -32042 error.
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
    log.warn(`Imgwire sent an untrusted link, which was refused: ${JSON.stringify(url)?.slice(0, 200)}`);
    throw linkRefused(cause);
  }
}

/** Leaves the link out of the error, because a chat client could make it clickable. The log has it. */
function linkRefused(cause: unknown): ImgwireError {
  const message =
    "Imgwire sent a link that can't be trusted, so it was not passed on. The log on stderr shows it.";
  const hint = "Check IMGWIRE_MCP_URL: the server is misconfigured, or isn't the one you meant.";
  return new ImgwireError("link_refused", message, { hint, cause });
}

function objectsIn(value: unknown): Params[] {
  return typeof value === "object" && value !== null ? Object.values(value).filter(isObject) : [];
}
