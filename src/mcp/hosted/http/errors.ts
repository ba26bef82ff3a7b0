import { ImgwireError, isWebPage, RateLimitedError, UnreachableError, webPage } from "../../../errors.ts";
import { stripControls } from "../../../log.ts";
import { isObject } from "../../../system/json.ts";

/** Said of a failure that a gateway may have reported although the server behind it did the work. */
const MAY_HAVE_RUN = "If it was a call, it may have been carried out: check before you repeat it.";

/** The longest reason quoted from an answer, in characters. */
const MAX_REASON_CHARS = 300;

/** The error for an HTTP response without an answer to the request; `cause` has its status. */
export function httpError(status: number, text: string, method = "the request"): ImgwireError {
  const cause = { status, body: text.slice(0, 1_000) };
  const reason = reasonIn(text);
  const because = reason === undefined ? "." : `: ${reason}${/[.!?…]$/.test(reason) ? "" : "."}`;
  if (status >= 500) {
    return new UnreachableError(`The hosted Imgwire server failed (HTTP status ${status})${because}`, {
      hint: `Try again in a while. ${MAY_HAVE_RUN}`,
      cause
    });
  }
  if (status < 300 && isWebPage(text)) return webPage("The hosted server's address", cause);
  if (status < 300) {
    const message = `The hosted server's answer (HTTP status ${status}) holds no result${because}`;
    return new ImgwireError("no_answer", message, {
      hint: "Check that IMGWIRE_MCP_URL is an MCP endpoint.",
      cause
    });
  }
  const message = `The hosted server refused ${method} (HTTP status ${status})${because}`;
  return new ImgwireError("http_status", message, {
    hint: "Check IMGWIRE_MCP_URL; `imgwire doctor` says more.",
    cause
  });
}

/**
 * The reason that the body of an answer gives, in one line: from a JSON-RPC error, a problem document (RFC
 * 9457), an OAuth error, or the `detail` that web frameworks send; from short plain text as it is.
 */
function reasonIn(text: string): string | undefined {
  const said = quoted(text);
  const line = said && stripControls(said).replace(/\s+/g, " ").trim();
  if (!line) return undefined;
  return line.length > MAX_REASON_CHARS ? `${line.slice(0, MAX_REASON_CHARS)}…` : line;
}

function quoted(text: string): string | undefined {
  try {
    // No reason is this long.
    return text.length > 64 * 1024 ? undefined : textIn(JSON.parse(text));
  } catch {
    return text.length <= MAX_REASON_CHARS && !text.includes("<") ? text : undefined;
  }
}

/** Members that hold a reason, the most telling first. */
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

/** The error of a message past the limits. */
export function tooLarge(): ImgwireError {
  const message = "The hosted server sent a message that is too large to pass on.";
  return new ImgwireError("message_too_large", message, { hint: "Ask for less in one call." });
}

/** The error of a call whose answer was lost: it may have been carried out. */
export function interrupted(cause?: unknown): ImgwireError {
  return new ImgwireError(
    "interrupted_call",
    "The connection to the hosted Imgwire server was lost before it answered; the call may have been carried out.",
    { hint: "Check whether it was before you repeat it.", ...(cause !== undefined && { cause }) }
  );
}

/** The error of a request that heard nothing for `ms` milliseconds. */
export function silent(ms: number): ImgwireError {
  const time = ms >= 60_000 ? `${Math.round(ms / 60_000)} minutes` : `${ms} ms`;
  return new ImgwireError("no_answer", `Imgwire didn't respond for ${time}, so the call was abandoned.`, {
    hint: "It may have gone through: check before retrying."
  });
}

export function untrusted(cause: unknown, code: string): UnreachableError {
  return new UnreachableError(`The certificate of the hosted Imgwire server is not trusted (${code}).`, {
    hint: "If your network has a certificate authority of its own, name its file in NODE_EXTRA_CA_CERTS.",
    cause
  });
}

export function redirected(): ImgwireError {
  const message = "The hosted server answered with a redirect, which is not followed.";
  return new ImgwireError("redirect_refused", message, {
    hint: "Check IMGWIRE_MCP_URL: it must be the MCP endpoint itself."
  });
}

/** The error of a status 429 or 503 for which we wait no longer. */
export function busy(status: number, waitMs: number | undefined): ImgwireError {
  const after = waitMs === undefined ? "in a while" : `in ${Math.ceil(waitMs / 1_000)} seconds`;
  const hint = `Try again ${after}.${status === 503 && waitMs === undefined ? ` ${MAY_HAVE_RUN}` : ""}`;
  if (status === 429)
    return new RateLimitedError("Imgwire is limiting the number of requests.", waitMs, { hint });
  return new UnreachableError("The hosted Imgwire server is not available at the moment (503).", { hint });
}
