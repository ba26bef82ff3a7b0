import type { Call } from "../calls/agent-call.ts";

/** Sees every request of the agent, in order, before Imgwire does. */
export interface Interceptor {
  /** Answers the call, now or later: true. Leaves it to the next one: false. */
  take?(call: Call): boolean;
  /** Takes over a call that has failed: true. An error is the answer otherwise. */
  rescue?(call: Call, error: unknown): boolean;
}

/** Lets the first interceptor that wants a call have it. @returns whether one did */
export function intercept(chain: readonly Interceptor[], call: Call): boolean {
  return chain.some((each) => each.take?.(call) ?? false);
}

/** Lets the first interceptor that can help a failed call have it. @returns whether one did */
export function rescue(chain: readonly Interceptor[], call: Call, error: unknown): boolean {
  return chain.some((each) => each.rescue?.(call, error) ?? false);
}
