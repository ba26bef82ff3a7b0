import { setTimeout as delay } from "node:timers/promises";
import { isObject } from "../../../system/json.ts";
import type { HostedCall } from "../../calls/hosted-call.ts";
import {
  INTERNAL_ERROR,
  type Params,
  type Request,
  type Response,
  type RpcError
} from "../../protocol/message.ts";
import { nextId } from "../../calls/own-call.ts";
import type { InputRequest, InputRequests } from "../../protocol/input-request.ts";

/** How often a server may ask during one call. */
const MAX_ROUNDS = 10;
/** The pause before a retry without answers: a result with only a `requestState` means "later". */
const RETRY_PAUSE_MS = 250;

/**
 * What to do about a response, for callers that can't retry themselves: undefined if it is final; the retry,
 * with the answers and the byte-exact `requestState`, if the server wants input (MCP 2026-07-28, multi
 * round-trip requests); an error if nobody can answer.
 */
export async function retryOf(
  call: HostedCall,
  request: Request,
  { result }: Response,
  round: number
): Promise<{ request: Request } | { error: RpcError } | undefined> {
  if (result?.["resultType"] !== "input_required") return undefined;
  if (round >= MAX_ROUNDS) {
    return {
      error: { code: INTERNAL_ERROR, message: `The hosted server still asks after ${MAX_ROUNDS} rounds.` }
    };
  }
  const questions = questionsOf(result["inputRequests"]);
  if (Object.keys(questions).length === 0) await delay(RETRY_PAUSE_MS);
  const answers = Object.keys(questions).length === 0 ? {} : await call.ask(questions);
  const failed = Object.values(answers).find((answer) => "error" in answer);
  if (failed) return failed;
  const inputResponses = Object.fromEntries(
    Object.entries(answers).flatMap(([key, answer]) => ("result" in answer ? [[key, answer.result]] : []))
  );
  const params = Object.fromEntries(
    Object.entries(request.params ?? {}).filter(([key]) => key !== "inputResponses" && key !== "requestState")
  );
  const retried: Params = {
    ...params,
    ...(Object.keys(questions).length > 0 && { inputResponses }),
    ...(typeof result["requestState"] === "string" && { requestState: result["requestState"] })
  };
  return { request: { ...request, id: nextId(), params: retried } };
}

function questionsOf(inputRequests: unknown): InputRequests {
  if (!isObject(inputRequests)) return {};
  const questions = Object.entries(inputRequests).filter(
    ([, question]) => isObject(question) && typeof question["method"] === "string"
  );
  return Object.fromEntries(questions) as Record<string, InputRequest & Params>;
}
