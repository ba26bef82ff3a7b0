import type { Params, RpcError } from "./message.ts";

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

/** Responds to each of several input requests in the same way. */
export function respondToAll(requests: InputRequests, response: InputResponse): InputResponses {
  return Object.fromEntries(Object.keys(requests).map((key) => [key, response]));
}
