import { codeOf, ImgwireError, RateLimitedError, UnreachableError } from "../../../errors.ts";
import { parseRetryAfter } from "../../../system/retry-after.ts";

/** What to do about an attempt that failed: wait and send again, or give up with an error. */
export type Verdict = { waitMs: number } | { error: ImgwireError };

/** Attempts at one request, the first included. */
export const MAX_ATTEMPTS = 4;
/** The longest wait that a server's Retry-After is granted; an agent's own time limit is not far beyond. */
const MAX_RETRY_AFTER_MS = 30_000;
const BACKOFF_MS = [250, 1_000, 2_000];

/** What to say of a failure that a gateway may have reported while the server behind it did the work. */
export const MAY_HAVE_RUN = "If it was a call, it may have been carried out: check before you repeat it.";

/** Failures that happen before a request can have reached the server. */
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
 * Judges a failure of the network. A request that never arrived is sent again; one that may have is sent again only
 * when it is repeatable.
 */
export function judgeFailure(error: unknown, repeatable: boolean, attempt: number): Verdict {
  const waitMs = BACKOFF_MS[attempt - 1] ?? 2_000;
  // The way there could not be opened: a proxy does not connect.
  if (error instanceof UnreachableError && attempt < MAX_ATTEMPTS) return { waitMs };
  if (error instanceof ImgwireError) return { error };
  const code = codeOf(error);
  const arrived = !NEVER_ARRIVED.has(code);
  if (isCertificateFailure(code)) return { error: untrusted(error, code) };
  if ((!arrived || repeatable) && attempt < MAX_ATTEMPTS) return { waitMs };
  if (arrived && !repeatable) return { error: interrupted(error) };
  return {
    error: new UnreachableError(`The hosted Imgwire server cannot be reached (${code || String(error)}).`, {
      hint: "Check the network connection and try again; `imgwire doctor` says more.",
      cause: error
    })
  };
}

/** Judges a status: undefined when it is an answer for the caller. */
export function judgeStatus(
  status: number,
  retryAfter: string | string[] | undefined,
  repeatable: boolean,
  attempt: number
): Verdict | undefined {
  if (status >= 300 && status < 400) return { error: redirected() };
  if (status !== 429 && status !== 503) return undefined;
  const asked = parseRetryAfter(retryAfter);
  // Without Retry-After a 503 may come from a gateway whose server did the work.
  const refusedUntouched = status === 429 || asked !== undefined || repeatable;
  const waitMs = asked ?? BACKOFF_MS[attempt - 1] ?? 2_000;
  if (refusedUntouched && attempt < MAX_ATTEMPTS && waitMs <= MAX_RETRY_AFTER_MS) return { waitMs };
  return { error: busy(status, asked) };
}

/** The error of a call that was sent and lost: it may have been carried out. */
export function interrupted(cause?: unknown): ImgwireError {
  return new ImgwireError(
    "interrupted_call",
    "The connection to the hosted Imgwire server was lost before it answered; the call may have been carried out.",
    { hint: "Check whether it was before you repeat it.", ...(cause !== undefined && { cause }) }
  );
}

function isCertificateFailure(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code);
}

function untrusted(cause: unknown, code: string): UnreachableError {
  return new UnreachableError(`The certificate of the hosted Imgwire server is not trusted (${code}).`, {
    hint: "If your network has a certificate authority of its own, name its file in NODE_EXTRA_CA_CERTS.",
    cause
  });
}

function redirected(): ImgwireError {
  return new ImgwireError(
    "redirect_refused",
    "The hosted server answered with a redirect, which is not followed.",
    {
      hint: "Check IMGWIRE_MCP_URL: it must be the MCP endpoint itself."
    }
  );
}

function busy(status: number, waitMs: number | undefined): ImgwireError {
  const after = waitMs === undefined ? "in a while" : `in ${Math.ceil(waitMs / 1_000)} seconds`;
  const hint = `Try again ${after}.${status === 503 && waitMs === undefined ? ` ${MAY_HAVE_RUN}` : ""}`;
  if (status === 429)
    return new RateLimitedError("Imgwire is limiting the number of requests.", waitMs, { hint });
  return new UnreachableError("The hosted Imgwire server is not available at the moment (503).", { hint });
}
