import { ImgwireError, isWebPage, RateLimitedError, UnreachableError, webPage } from "../../../errors.ts";
import { stripControls } from "../../../log.ts";
import { isObject } from "../../../system/json.ts";

/** A hint for failures that a gateway may report even though the server behind it did the work. */
const MAY_HAVE_RUN = "If it was a call, it may have been carried out: check before retrying.";

/** The longest reason quoted from an answer, in characters. */
const MAX_REASON_CHARS = 300;
/** The longest response that is searched for a reason, in characters. */
const MAX_ERROR_CHARS = 64 * 1024;

/** The error for an HTTP response that doesn't answer the request; `cause` holds its status. */
export function httpError(status: number, text: string, method = "the request"): ImgwireError {
  const cause = { status, body: text.slice(0, 1_000) };
  const reason = reasonIn(text);
  const because = reason === undefined ? "." : `: ${reason}${/[.!?…]$/.test(reason) ? "" : "."}`;
  if (status >= 500) {
    return new UnreachableError(`Imgwire failed (HTTP status ${status})${because}`, {
      hint: `Try again in a while. ${MAY_HAVE_RUN}`,
      cause
    });
  }
  if (status < 300 && isWebPage(text)) return webPage("Imgwire's address", cause);
  if (status < 300) {
    const message = `Imgwire's answer (HTTP status ${status}) has no result${because}`;
    return new ImgwireError("no_answer", message, {
      hint: "Check that IMGWIRE_MCP_URL is an MCP endpoint.",
      cause
    });
  }
  const message = `Imgwire refused ${method} (HTTP status ${status})${because}`;
  return new ImgwireError("http_status", message, {
    hint: "Check IMGWIRE_MCP_URL, or run `imgwire doctor` for details.",
    cause
  });
}

/**
 * The reason given in a response body, on one line. It comes from a JSON-RPC error, a problem document (RFC
 * 9457), an OAuth error, the `detail` that web frameworks send, or short plain text.
 */
function reasonIn(text: string): string | undefined {
  const said = reasonText(text);
  const line = said && stripControls(said).replace(/\s+/g, " ").trim();
  if (!line) return undefined;
  return line.length > MAX_REASON_CHARS ? `${line.slice(0, MAX_REASON_CHARS)}…` : line;
}

function reasonText(text: string): string | undefined {
  try {
    return text.length > MAX_ERROR_CHARS ? undefined : textIn(JSON.parse(text));
  } catch {
    return text.length <= MAX_REASON_CHARS && !text.includes("<") ? text : undefined;
  }
}

/** Members that may hold a reason, the most specific first. */
const REASONS = ["error", "detail", "message", "msg", "error_description", "title", "errors", "reason"];

function textIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") return value;
  if (depth > 3) return undefined;
  if (Array.isArray(value)) return textIn(value[0], depth + 1);
  if (!isObject(value)) return undefined;
  if (typeof value["error_description"] === "string") return value["error_description"];
  for (const name of REASONS) {
    const found = textIn(value[name], depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** The error for a message that exceeds the limits. */
export function tooLarge(): ImgwireError {
  const message = "Imgwire sent a message that is too large to pass on.";
  return new ImgwireError("message_too_large", message, { hint: "Ask for less in one call." });
}

/** The error for a call whose answer was lost: it may have been carried out. */
export function interrupted(cause?: unknown): ImgwireError {
  return new ImgwireError(
    "interrupted_call",
    "The connection to Imgwire was lost before it answered; the call may have been carried out.",
    { hint: "Check whether it was before retrying.", ...(cause !== undefined && { cause }) }
  );
}

/** The error for a request that received nothing for `ms` milliseconds. */
export function silent(ms: number): ImgwireError {
  const time = ms >= 60_000 ? `${Math.round(ms / 60_000)} minutes` : `${ms} ms`;
  return new ImgwireError("no_answer", `Imgwire didn't respond for ${time}, so the call was abandoned.`, {
    hint: "It may have gone through: check before retrying."
  });
}

export function untrusted(cause: unknown, code: string): UnreachableError {
  return new UnreachableError(`Imgwire's certificate is not trusted (${code}).`, {
    hint: "If your network uses its own certificate authority, set NODE_EXTRA_CA_CERTS to its file.",
    cause
  });
}

export function redirected(): ImgwireError {
  const message = "Imgwire answered with a redirect, which is not followed.";
  return new ImgwireError("redirect_refused", message, {
    hint: "Check IMGWIRE_MCP_URL: it must be the MCP endpoint itself."
  });
}

/** The error for a 429 or 503 that is no longer retried. */
export function busy(status: number, waitMs: number | undefined): ImgwireError {
  const after = waitMs === undefined ? "in a while" : `in ${Math.ceil(waitMs / 1_000)} seconds`;
  const hint = `Try again ${after}.${status === 503 && waitMs === undefined ? ` ${MAY_HAVE_RUN}` : ""}`;
  if (status === 429)
    return new RateLimitedError("Imgwire is limiting the number of requests.", waitMs, { hint });
  return new UnreachableError("Imgwire is not available at the moment (503).", { hint });
}
