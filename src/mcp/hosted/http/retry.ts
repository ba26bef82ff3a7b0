import { codeOf, ImgwireError, UnreachableError } from "../../../errors.ts";
import type { HeaderField } from "../../../system/header-field.ts";
import { parseRetryAfter } from "../../../system/retry-after.ts";
import { busy, interrupted, redirected, untrusted } from "./errors.ts";

/** What to do about a failed attempt: wait and retry, or give up with an error. */
export type Verdict = { waitMs: number } | { error: ImgwireError };

/** The most attempts at one request, including the first. */
export const MAX_ATTEMPTS = 4;
/** The longest Retry-After that we wait for; an agent's own timeout is not much longer. */
const MAX_RETRY_AFTER_MS = 30_000;
const BACKOFF_INTERVALS_MS = [250, 1_000, 2_000];

/** Failures that happen before a request can reach the server. */
const NEVER_ARRIVED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "UND_ERR_CONNECT_TIMEOUT"
]);

/**
 * Classifies a network failure. A request that never arrived is retried; one that may have arrived is retried
 * only if it is repeatable.
 */
export function classifyFailure(error: unknown, repeatable: boolean, attempt: number): Verdict {
  const waitMs = BACKOFF_INTERVALS_MS[attempt - 1] ?? 2_000;
  // A proxy didn't connect, so nothing was sent.
  if (error instanceof UnreachableError && attempt < MAX_ATTEMPTS) return { waitMs };
  if (error instanceof ImgwireError) return { error };
  const code = codeOf(error);
  const arrived = !NEVER_ARRIVED.has(code);
  if (isCertificateFailure(code)) return { error: untrusted(error, code) };
  if ((!arrived || repeatable) && attempt < MAX_ATTEMPTS) return { waitMs };
  if (arrived && !repeatable) return { error: interrupted(error) };
  return {
    error: new UnreachableError(`Imgwire can't be reached (${code || String(error)}).`, {
      hint: "Check your network connection and try again, or run `imgwire doctor` for details.",
      cause: error
    })
  };
}

/** Classifies an HTTP status; undefined if the response is for the caller to handle. */
export function classifyStatus(
  status: number,
  retryAfter: HeaderField,
  repeatable: boolean,
  attempt: number
): Verdict | undefined {
  if (status >= 300 && status < 400) return { error: redirected() };
  if (status !== 429 && status !== 503) return undefined;
  const retryAfterMs = parseRetryAfter(retryAfter);
  // A 503 without Retry-After may come from a gateway whose server did the work.
  const refusedUntouched = status === 429 || retryAfterMs !== undefined || repeatable;
  const waitMs = retryAfterMs ?? BACKOFF_INTERVALS_MS[attempt - 1] ?? 2_000;
  if (refusedUntouched && attempt < MAX_ATTEMPTS && waitMs <= MAX_RETRY_AFTER_MS) return { waitMs };
  return { error: busy(status, retryAfterMs) };
}

function isCertificateFailure(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code);
}
