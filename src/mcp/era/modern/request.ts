import { setTimeout as delay } from "node:timers/promises";
import { isObject } from "../../../system/json.ts";
import type { HostedCall } from "../../calls/hosted-call.ts";
import { nextId } from "../../calls/own-call.ts";
import { isFailure, isLegacyCode } from "../../hosted/era-evidence.ts";
import { httpError } from "../../hosted/http/errors.ts";
import { parseMessages } from "../../hosted/http/response-body.ts";
import type { ClientInfo } from "../../protocol/capabilities.ts";
import type { InputRequest, InputRequests } from "../../protocol/input-request.ts";
import {
  type Incoming,
  INTERNAL_ERROR,
  META,
  metaOf,
  type Params,
  type Request,
  type Response,
  type RpcError
} from "../../protocol/message.ts";
import { LATEST_MODERN } from "../../protocol/revisions.ts";

/**
 * Adds to a request what every modern request states about its client (MCP 2026-07-28, basic/index, `_meta`).
 */
export function envelope({ request, client }: HostedCall, logLevel: string | undefined): Request {
  return {
    ...request,
    params: { ...request.params, _meta: { ...metaOf(request), ...metaFor(client, logLevel) } }
  };
}

export function metaFor({ clientInfo, capabilities }: ClientInfo, logLevel: string | undefined): Params {
  return {
    [META.protocolVersion]: LATEST_MODERN,
    ...(clientInfo && { [META.clientInfo]: clientInfo }),
    [META.clientCapabilities]: capabilities,
    ...(logLevel !== undefined && { [META.logLevel]: logLevel })
  };
}

/** A response, and its text. */
export interface Answered {
  response: Response;
  raw: string;
}

/** Finds the answer to a request in the body of an HTTP response. @throws ImgwireError if there is none */
export function answerIn(text: string, request: Request, status: number): Answered {
  for (const message of parseMessages(text)) {
    const answered = answerTo(request, message);
    // An error code that no modern server uses comes from a server that doesn't know this era.
    const isRefused = status >= 400 && isLegacyCode(answered?.response.error?.code);
    if (answered && !isRefused && !isFailure(request.method, status)) return answered;
  }
  throw httpError(status, text, request.method);
}

/**
 * The answer to a request, if a message is one. An error without an id counts, because only this request can
 * have caused it.
 */
export function answerTo(request: Request, incoming: Incoming): Answered | undefined {
  if (incoming.kind === "error") {
    const { error } = incoming.message;
    const response: Response = { jsonrpc: "2.0", id: request.id, error };
    return { response, raw: JSON.stringify(response) };
  }
  const isAnswer = incoming.kind === "response" && incoming.message.id === request.id;
  return isAnswer ? { response: incoming.message, raw: incoming.raw } : undefined;
}

/** How often a server may ask during one call. */
const MAX_ROUNDS = 10;
/** The pause before a retry without responses: a result with only a `requestState` means "later". */
const RETRY_INTERVAL_MS = 250;

/**
 * The retry of a request for which the server needs input: with the responses and the byte-exact
 * `requestState` (MCP 2026-07-28, multi round-trip requests).
 * @param result the `input_required` result
 * @param round how often the server has asked before
 * @returns the retry; an error if no one can answer; undefined if the caller makes the retry itself
 */
export async function retryOf(
  call: HostedCall,
  request: Request,
  result: Params,
  round: number
): Promise<{ request: Request } | { error: RpcError } | undefined> {
  if (round >= MAX_ROUNDS) {
    return {
      error: {
        code: INTERNAL_ERROR,
        message: `Imgwire is still asking for input after ${MAX_ROUNDS} rounds.`
      }
    };
  }
  const requests = requestsOf(result["inputRequests"]);
  const responses = await call.askForRetry(requests);
  if (!responses) return undefined;
  const isAsked = Object.keys(requests).length > 0;
  if (!isAsked) await delay(RETRY_INTERVAL_MS);
  const failed = Object.values(responses).find((response) => "error" in response);
  if (failed) return failed;
  const inputResponses = Object.fromEntries(
    Object.entries(responses).flatMap(([key, response]) =>
      "result" in response ? [[key, response.result]] : []
    )
  );
  const params = Object.fromEntries(
    Object.entries(request.params ?? {}).filter(([key]) => key !== "inputResponses" && key !== "requestState")
  );
  const retried: Params = {
    ...params,
    ...(isAsked && { inputResponses }),
    ...(typeof result["requestState"] === "string" && { requestState: result["requestState"] })
  };
  return { request: { ...request, id: nextId(), params: retried } };
}

function requestsOf(inputRequests: unknown): InputRequests {
  if (!isObject(inputRequests)) return {};
  const requests = Object.entries(inputRequests).filter(
    ([, request]) => isObject(request) && typeof request["method"] === "string"
  );
  return Object.fromEntries(requests) as Record<string, InputRequest & Params>;
}
