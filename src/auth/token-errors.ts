import { ImgwireError, UnreachableError } from "../errors.ts";
import { formatServerText } from "./server-text.ts";

/**
 * The authorization server refused the grant or the client, and would refuse the same request again. `code`
 * is the server's error code, or `token_refused` if it sent none.
 */
export class TokenRefusedError extends ImgwireError {}

/** Error codes that concern the client rather than the grant (RFC 6749 section 5.2). */
const CLIENT_ERRORS = ["invalid_client", "unauthorized_client"];
/** Error codes for failures of the server itself, even if the status is a 4xx. */
const TRANSIENT_ERRORS = ["temporarily_unavailable", "server_error"];
/**
 * Proxy authentication, timeout, misdirected, too early, too many requests: none of them concerns the grant.
 */
const TRANSIENT_STATUSES = [407, 408, 421, 425, 429];

/** Whether an error code means that the server doesn't know the client, or doesn't allow it this grant. */
export function isClientError(code: unknown): code is string {
  return CLIENT_ERRORS.includes(code as string);
}

/**
 * Converts an error response of the token or revocation endpoint to an error: {@link TokenRefusedError} for a
 * refusal, UnreachableError for a failure after which the request may be repeated.
 */
export function classifyTokenError(
  issuer: string,
  status: number,
  content: Record<string, unknown> = {}
): Error {
  const { error, error_description: description } = content;
  const code = typeof error === "string" && error !== "" ? error : undefined;
  const reason = formatServerText(description);
  const isFinal = status < 300 || (status >= 400 && status < 500 && !TRANSIENT_STATUSES.includes(status));
  if (!isFinal || (code && TRANSIENT_ERRORS.includes(code))) {
    const message = `${issuer} failed with status ${status}${formatServerText(code)}${reason}.`;
    return new UnreachableError(message, { hint: "Try again later." });
  }
  const answered = code ? formatServerText(code).replace(/^: /, "") : `status ${status}`;
  const hint = hintFor(code);
  return new TokenRefusedError(code ?? "token_refused", `${issuer} answered ${answered}${reason}.`, { hint });
}

/** The hint for an error code of the authorization server. */
export function hintFor(code: unknown): string {
  if (!isClientError(code)) return "Run `imgwire login` to try again.";
  return "If you have set IMGWIRE_CLIENT_ID and IMGWIRE_CLIENT_SECRET, check them. Then run `imgwire login`.";
}
