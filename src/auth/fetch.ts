import * as oauth from "oauth4webapi";
import { ImgwireError, UnreachableError } from "../errors.ts";
import type { Http } from "../system/http.ts";
import { isObject, type JsonObject } from "../system/json.ts";

/** Makes one request of the sign-in: within a time limit, with a bounded answer, redirects not followed. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

const DEADLINE_MS = 15_000;
const LIMIT_BYTES = 1024 * 1024;
/** Statuses whose Response must not be given a body. */
const BODILESS = [204, 205, 304];

/**
 * Makes the {@link Fetch} that discovery, registration and the token endpoint go through.
 * @param signal ends whatever is under way
 */
export function createFetch(http: Http, signal?: AbortSignal): Fetch {
  return async (input, init = {}) => {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const signals = [deadline, signal, init.signal].filter((each) => each !== undefined && each !== null);
    try {
      const response = await http.fetch(input, { ...init, signal: AbortSignal.any(signals) });
      const body = await readBounded(response, input);
      return new Response(BODILESS.includes(response.status) ? null : body, {
        status: response.status,
        headers: [...response.headers]
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw unreachable(error, input, deadline.aborted);
    }
  };
}

/** The options that make `oauth4webapi` go through an {@link Fetch}. URLs have been judged before, loopback http included. */
export function oauthOptions(ask: Fetch): {
  [oauth.customFetch]: Fetch;
  [oauth.allowInsecureRequests]: boolean;
} {
  return { [oauth.customFetch]: ask, [oauth.allowInsecureRequests]: true };
}

/** Reads a JSON object off an answer; undefined when it is something else. */
export async function readJsonObject(response: Response): Promise<JsonObject | undefined> {
  const value: unknown = await response.json().catch(() => undefined);
  return isObject(value) ? value : undefined;
}

async function readBounded(response: Response, input: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > LIMIT_BYTES)
      throw new UnreachableError(`${hostOf(input)} answered with more than can be right.`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function unreachable(error: unknown, input: string, late: boolean): Error {
  if (error instanceof ImgwireError) return error;
  const cause = (error as { cause?: unknown }).cause;
  if (cause instanceof ImgwireError) return cause;
  const why = late ? `it did not answer within ${DEADLINE_MS / 1_000} s` : reason(error, cause);
  return new UnreachableError(`${hostOf(input)} cannot be reached: ${why}.`, {
    hint: "Check the network and proxy settings, then try again.",
    cause: error
  });
}

function reason(error: unknown, cause: unknown): string {
  const { code, message } = (cause ?? error) as { code?: string; message?: string };
  return code ?? message ?? "unknown error";
}

function hostOf(input: string): string {
  return new URL(input).host;
}
