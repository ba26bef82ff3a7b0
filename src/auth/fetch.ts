import * as oauth from "oauth4webapi";
import { ImgwireError, UnreachableError } from "../errors.ts";
import type { Http } from "../system/http.ts";
import { isObject, type JsonObject } from "../system/json.ts";

/** Makes one request of a sign-in, with limited time and size, and without following redirects. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

const REQUEST_TIMEOUT_MS = 15_000;
const MAX_BODY_BYTES = 1024 * 1024;
/** Statuses whose `Response` must not have a body (Fetch standard). */
const NULL_BODY_STATUSES = [204, 205, 304];

/**
 * Creates the {@link Fetch} for all requests of a sign-in.
 * @param signal cancels requests in progress, which then throw its reason
 * @throws (the returned function) UnreachableError if no response arrives in time or it exceeds 1 MiB;
 *   ImgwireError `address_refused`
 */
export function createFetch(http: Http, signal?: AbortSignal): Fetch {
  return async (input, init = {}) => {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const signals = [timeout, signal, init.signal].filter((each) => each !== undefined && each !== null);
    try {
      const response = await http.fetch(input, { ...init, signal: AbortSignal.any(signals) });
      const body = await readBody(response, input);
      return new Response(NULL_BODY_STATUSES.includes(response.status) ? null : body, {
        status: response.status,
        headers: [...response.headers]
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw unreachable(error, input, timeout.aborted);
    }
  };
}

/**
 * The options that make `oauth4webapi` use our {@link Fetch}. They allow plain http because every URL has
 * already been checked, and that check allows http only for loopback hosts.
 */
export function oauthOptions(fetch: Fetch): {
  [oauth.customFetch]: Fetch;
  [oauth.allowInsecureRequests]: boolean;
} {
  return { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true };
}

/**
 * Reads a response's JSON object; undefined if it is anything else. Null members are left out, since they
 * mean the same as absent ones.
 */
export async function readJsonObject(response: Response): Promise<JsonObject | undefined> {
  const value: unknown = await response.json().catch(() => undefined);
  if (!isObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

async function readBody(response: Response, input: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES)
      throw new UnreachableError(`${hostOf(input)} sent an unexpectedly large response.`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function unreachable(error: unknown, input: string, timedOut: boolean): Error {
  if (error instanceof ImgwireError) return error;
  const cause = (error as { cause?: unknown }).cause;
  if (cause instanceof ImgwireError) return cause;
  const why = timedOut ? `no answer within ${REQUEST_TIMEOUT_MS / 1_000} s` : reasonOf(error, cause);
  return new UnreachableError(`Could not reach ${hostOf(input)}: ${why}.`, {
    hint: "Check your network and proxy settings, then try again.",
    cause: error
  });
}

function reasonOf(error: unknown, cause: unknown): string {
  const { code, message } = (cause ?? error) as { code?: string; message?: string };
  return code ?? message ?? "unknown error";
}

function hostOf(input: string): string {
  return new URL(input).host;
}
