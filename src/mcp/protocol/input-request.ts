import { ImgwireError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";
import { checkServerUrl, rulesFor } from "../../system/url.ts";
import type { Question } from "../calls/hosted-call.ts";
import type { HostedContext } from "../hosted/connection.ts";
import { type Params, type Response, URL_ELICITATION_REQUIRED } from "./message.ts";

type Context = Pick<HostedContext, "url" | "log">;

/**
 * Judges the link of a question in URL mode (MCP 2025-11-25 and 2026-07-28, client/elicitation). The agent shows or
 * opens it on the server's word, so none that cannot be trusted may reach it.
 * @throws ImgwireError `link_refused`
 */
export function checkQuestion({ method, params }: Question, context: Context): void {
  if (method !== "elicitation/create" || !params) return;
  if (params["mode"] === "url" || params["url"] !== undefined) checkLink(params["url"], context);
}

/**
 * Judges the links in an answer: those of the questions of an `input_required` result, and those that an error -32042
 * lists.
 * @throws ImgwireError `link_refused`
 */
export function checkAnswer({ result, error }: Response, context: Context): void {
  const questions = result?.["resultType"] === "input_required" ? result["inputRequests"] : undefined;
  for (const question of objectsIn(questions)) checkQuestion(question as unknown as Question, context);
  if (error?.code !== URL_ELICITATION_REQUIRED || !isObject(error.data)) return;
  for (const { url } of objectsIn(error.data["elicitations"])) checkLink(url, context);
}

function checkLink(url: unknown, { url: hosted, log }: Context): void {
  try {
    checkServerUrl(typeof url === "string" ? url : "", "The link", rulesFor(hosted));
  } catch (cause) {
    log.warn(`The hosted server asked for a visit to ${JSON.stringify(url)?.slice(0, 200)}: refused.`);
    throw linkRefused(cause);
  }
}

/** The link itself is in the log only: in a chat it would be one to click on. */
function linkRefused(cause: unknown): ImgwireError {
  const message =
    "The hosted server wants to send you to a link that cannot be trusted. It was not passed on; the log on stderr shows it.";
  const hint = "The hosted service is misconfigured, or is not the one you meant: check IMGWIRE_MCP_URL.";
  return new ImgwireError("link_refused", message, { hint, cause });
}

function objectsIn(value: unknown): Params[] {
  return isObject(value) ? Object.values(value).filter(isObject) : [];
}
