import { isObject } from "../../../system/json.ts";
import type { Call } from "../../calls/agent-call.ts";
import { respondToAll } from "../../calls/hosted-call.ts";
import { canAnswer } from "../../protocol/capabilities.ts";
import type { InputRequests, InputResponse, InputResponses } from "../../protocol/input-request.ts";
import { INVALID_PARAMS, METHOD_NOT_FOUND } from "../../protocol/message.ts";

/** Input requests that are sent to the agent together. */
interface Asked {
  requests: InputRequests;
  /** Aborted when they are withdrawn. */
  signal: AbortSignal;
  resolve: (responses: InputResponses) => void;
}

/** A call that waits for the agent's retry. */
interface Parked {
  call: Call;
  asked: Asked;
  timer: NodeJS.Timeout;
}

/** Requests that may be answered with `input_required` (MCP 2026-07-28, multi round-trip requests). */
const ASKABLE = new Set(["tools/call", "prompts/get", "resources/read"]);
/** How long the agent has to retry; its user may be looking for an answer. */
const RETRY_TIMEOUT_MS = 10 * 60_000;
const STATE_PREFIX = "imgwire-mcp:";

/**
 * Asks a modern agent for input: the pending call is answered with `input_required`, and continues when the
 * agent retries it with the responses and the `requestState` that identifies it.
 */
export class Rounds {
  readonly #parked = new Map<string, Parked>();
  /** Input requests that must wait until the agent has answered earlier ones for the same call. */
  readonly #waiting = new Map<Call, Asked[]>();

  /** @param settled ends the agent's wait for a request with a line */
  constructor(private readonly settled: (call: Call, line: string) => void) {}

  /**
   * Handles a retry that carries one of our request states: continues the parked call, or reports that there
   * is none.
   * @returns false for any other request
   */
  take(retry: Call): boolean {
    const { requestState, inputResponses } = retry.request.params ?? {};
    if (typeof requestState !== "string" || !requestState.startsWith(STATE_PREFIX)) return false;
    const parked = this.#parked.get(requestState);
    if (!parked) {
      const message = "Invalid params: this requestState is no longer open.";
      retry.error({ code: INVALID_PARAMS, message });
      return true;
    }
    this.#parked.delete(requestState);
    clearTimeout(parked.timer);
    parked.call.resume(retry);
    parked.asked.resolve(responsesTo(parked.asked.requests, inputResponses));
    this.#next(parked.call);
    return true;
  }

  ask(call: Call | undefined, requests: InputRequests, signal: AbortSignal): Promise<InputResponses> {
    const isRefused =
      !call ||
      !ASKABLE.has(call.request.method) ||
      Object.values(requests).some((request) => !canAnswer(call.client, request));
    if (isRefused) return Promise.resolve(respondToAll(requests, CANNOT_ASK));
    if (signal.aborted) return Promise.resolve(respondToAll(requests, WITHDRAWN));
    return new Promise((resolve) => {
      const asked = { requests, signal, resolve };
      signal.addEventListener("abort", () => resolve(respondToAll(requests, WITHDRAWN)));
      const waiting = this.#waiting.get(call);
      if (waiting) waiting.push(asked);
      else this.#park(call, asked);
    });
  }

  #park(call: Call, asked: Asked): void {
    this.#waiting.set(call, this.#waiting.get(call) ?? []);
    const requestState = STATE_PREFIX + crypto.randomUUID();
    const timer = setTimeout(() => this.#giveUp(requestState), RETRY_TIMEOUT_MS).unref();
    this.#parked.set(requestState, { call, asked, timer });
    const result = { resultType: "input_required", inputRequests: asked.requests, requestState };
    this.settled(call.latest, JSON.stringify({ jsonrpc: "2.0", id: call.id, result }));
  }

  #next(call: Call): void {
    const waiting = this.#waiting.get(call)?.filter(({ signal }) => !signal.aborted) ?? [];
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
    parked.asked.resolve(respondToAll(parked.asked.requests, CANNOT_ASK));
    parked.call.cancel();
  }
}

const CANNOT_ASK: InputResponse = {
  error: { code: METHOD_NOT_FOUND, message: "The client can't be asked for this." }
};
const WITHDRAWN: InputResponse = { error: { code: INVALID_PARAMS, message: "The question was withdrawn." } };
const MISSING: InputResponse = { error: { code: INVALID_PARAMS, message: "The client has not answered." } };

function responsesTo(requests: InputRequests, given: unknown): InputResponses {
  const responses = isObject(given) ? given : {};
  return Object.fromEntries(
    Object.keys(requests).map((key) => {
      const result = responses[key];
      return [key, isObject(result) ? { result } : MISSING];
    })
  );
}
