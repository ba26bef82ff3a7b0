import { setTimeout as delay } from "node:timers/promises";
import { isObject } from "../../../system/json.ts";
import type { Call } from "../../calls/agent-call.ts";
import { type HostedCall, respondToAll } from "../../calls/hosted-call.ts";
import { nextId } from "../../calls/own-call.ts";
import { canAnswer } from "../../protocol/capabilities.ts";
import type {
  InputRequest,
  InputRequests,
  InputResponse,
  InputResponses
} from "../../protocol/input-request.ts";
import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  type Params,
  type Request,
  type RpcError
} from "../../protocol/message.ts";

/** How often a server may ask during one call. */
const MAX_ROUNDS = 10;
/** The pause before a retry without answers: a result with only a `requestState` means "later". */
const RETRY_PAUSE_MS = 250;

/**
 * The retry of a request for which the server wants input, for callers that can't retry themselves: with the
 * responses and the byte-exact `requestState` (MCP 2026-07-28, multi round-trip requests); an error if nobody can
 * answer.
 * @param result the result that is `input_required`
 * @param round how often the server has asked before
 */
export async function retryOf(
  call: HostedCall,
  request: Request,
  result: Params,
  round: number
): Promise<{ request: Request } | { error: RpcError }> {
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

/** One set of questions and who waits for the answers. */
interface Asked {
  questions: InputRequests;
  /** Aborted when the questions are withdrawn. */
  signal: AbortSignal | undefined;
  resolve: (answers: InputResponses) => void;
}

interface Parked {
  call: Call;
  asked: Asked;
  timer: NodeJS.Timeout;
}

/** Requests that may be answered with `input_required` (MCP 2026-07-28, multi round-trip requests). */
const ASKABLE = new Set(["tools/call", "prompts/get", "resources/read"]);
/** How long the agent is given to retry; a user may be looking for an answer meanwhile. */
const RETRY_MS = 10 * 60_000;
const STATE_PREFIX = "imgwire-mcp:";

/**
 * Questions put to a modern agent: the pending call is answered with `input_required`, and what it was made
 * for goes on when the agent retries with the answers and the `requestState` that names it.
 */
export class Rounds {
  #parked = new Map<string, Parked>();
  /** Questions that came up while others were being answered. */
  #waiting = new Map<Call, Asked[]>();

  /** Takes a retry that belongs to a parked call: true. */
  take(retry: Call): boolean {
    const { requestState, inputResponses } = retry.request.params ?? {};
    if (typeof requestState !== "string" || !requestState.startsWith(STATE_PREFIX)) return false;
    const parked = this.#parked.get(requestState);
    if (!parked) {
      retry.error({
        code: INVALID_PARAMS,
        message: "Invalid params: this requestState is not open any more."
      });
      return true;
    }
    this.#parked.delete(requestState);
    clearTimeout(parked.timer);
    parked.call.resume(retry);
    parked.asked.resolve(answersOf(parked.asked.questions, inputResponses));
    this.#next(parked.call);
    return true;
  }

  ask(call: Call | undefined, questions: InputRequests, signal?: AbortSignal): Promise<InputResponses> {
    if (!call) return Promise.resolve(respondToAll(questions, NOBODY));
    const refused = Object.values(questions).some((question) => !canAnswer(call.client, question));
    if (refused || !ASKABLE.has(call.request.method)) return Promise.resolve(respondToAll(questions, NOBODY));
    if (signal?.aborted) return Promise.resolve(respondToAll(questions, WITHDRAWN));
    return new Promise((resolve) => {
      const asked = { questions, signal, resolve };
      signal?.addEventListener("abort", () => resolve(respondToAll(questions, WITHDRAWN)));
      const waiting = this.#waiting.get(call);
      if (waiting) waiting.push(asked);
      else this.#park(call, asked);
    });
  }

  #park(call: Call, asked: Asked): void {
    this.#waiting.set(call, this.#waiting.get(call) ?? []);
    const requestState = STATE_PREFIX + crypto.randomUUID();
    const timer = setTimeout(() => this.#giveUp(requestState), RETRY_MS).unref();
    this.#parked.set(requestState, { call, asked, timer });
    const result = { resultType: "input_required", inputRequests: asked.questions, requestState };
    call.suspend(JSON.stringify({ jsonrpc: "2.0", id: call.id, result }));
  }

  #next(call: Call): void {
    const waiting = this.#waiting.get(call)?.filter(({ signal }) => !signal?.aborted) ?? [];
    const next = waiting.shift();
    this.#waiting.set(call, waiting);
    if (next && call.open) this.#park(call, next);
    else this.#waiting.delete(call);
  }

  #giveUp(requestState: string): void {
    const parked = this.#parked.get(requestState);
    if (!parked) return;
    this.#parked.delete(requestState);
    this.#waiting.delete(parked.call);
    parked.asked.resolve(respondToAll(parked.asked.questions, NOBODY));
    parked.call.cancel();
  }
}

const NOBODY: InputResponse = {
  error: { code: METHOD_NOT_FOUND, message: "The client cannot be asked this." }
};
const WITHDRAWN: InputResponse = { error: { code: INVALID_PARAMS, message: "The question was withdrawn." } };
const MISSING: InputResponse = { error: { code: INVALID_PARAMS, message: "The client has not answered." } };

function answersOf(questions: InputRequests, responses: unknown): InputResponses {
  const given = isObject(responses) ? responses : {};
  return Object.fromEntries(
    Object.keys(questions).map((key) => {
      const result = given[key];
      return [key, isObject(result) ? { result } : MISSING];
    })
  );
}
