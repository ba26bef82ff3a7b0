import { ImgwireError, UnreachableError } from "../errors.ts";
import { formatServerText } from "./server-text.ts";

/**
 * The authorization server refused what it was shown (a 4xx about this grant): the same request would be
 * refused again. `code` is the server's own error code, or `token_refused` if it sent none.
 */
export class TokenRefusedError extends ImgwireError {}

/** Codes that are about the client rather than about the grant (RFC 6749 section 5.2). */
const CLIENT_ERRORS = ["invalid_client", "unauthorized_client"];
/** Codes that a server sends with a 4xx although it means a failure of its own. */
const TRANSIENT_ERRORS = ["temporarily_unavailable", "server_error"];
/**
 * Proxy authentication, timeout, misdirected, too early, too many requests: they say nothing about the grant.
 */
const TRANSIENT_STATUSES = [407, 408, 421, 425, 429];

/** Whether an error code says that the server does not know the client, or not as one that may do this. */
export function isClientError(code: unknown): code is string {
  return CLIENT_ERRORS.includes(code as string);
}

/**
 * Turns a failed answer of the token or revocation endpoint into an error: {@link TokenRefusedError} for a
 * refusal, UnreachableError for a failure after which the same may be tried again.
 */
export function classifyTokenError(
  issuer: string,
  status: number,
  content: Record<string, unknown> = {}
): Error {
  const { error, error_description: description } = content;
  const code = typeof error === "string" && error !== "" ? error : undefined;
  const said = formatServerText(description);
  const isRefusal = status < 300 || (status >= 400 && status < 500 && !TRANSIENT_STATUSES.includes(status));
  if (!isRefusal || (code && TRANSIENT_ERRORS.includes(code))) {
    const message = `${issuer} failed with status ${status}${formatServerText(code)}${said}.`;
    return new UnreachableError(message, { hint: "Try again later." });
  }
  const answered = code ? formatServerText(code).replace(/^: /, "") : `status ${status}`;
  const hint = hintFor(code);
  return new TokenRefusedError(code ?? "token_refused", `${issuer} answered ${answered}${said}.`, { hint });
}

/** What helps if the server refuses what it was shown. */
export function hintFor(code: unknown): string {
  if (!isClientError(code)) return "Run `imgwire login` to try again.";
  return "If you have set IMGWIRE_CLIENT_ID and IMGWIRE_CLIENT_SECRET, check them. Then run `imgwire login`.";
}
