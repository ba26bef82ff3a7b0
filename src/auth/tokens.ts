import * as z from "zod";

/**
 * The characters of a token that can be sent in a header field (RFC 6749 appendix A.12, without the space).
 */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Whether a text can be sent as a token: printable ASCII without spaces. A line break would split the header.
 */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && TOKEN.test(value);
}

/** The tokens of a sign-in, as stored. */
export interface TokenSet {
  access_token: string;
  refresh_token?: string | undefined;
  /** Granted scopes, separated by spaces; undefined if the server didn't say, which means those requested. */
  scope?: string | undefined;
  /** Milliseconds since the epoch. */
  obtained_at: number;
  /** Milliseconds since the epoch; undefined if the server gave no usable lifetime. */
  expires_at?: number | undefined;
}

export const tokenSetSchema = z.object({
  access_token: z.string().regex(TOKEN),
  refresh_token: z.string().regex(TOKEN).optional(),
  scope: z.string().optional(),
  obtained_at: z.number(),
  expires_at: z.number().optional()
});

/** The members of a token response (RFC 6749 section 5.1) that matter here. */
export interface TokenResponse {
  access_token: string;
  refresh_token?: string | undefined;
  scope?: string | undefined;
  expires_in?: number | undefined;
}

const MAX_MARGIN_MS = 60_000;

/**
 * Converts a token response to the token set to store.
 *
 * `expires_in` counts only if it is a positive number. Otherwise the token isn't refreshed proactively,
 * because that would happen before every request. If a refresh response lacks a refresh token or a scope, the
 * earlier one remains valid (RFC 6749 sections 6 and 5.1).
 */
export function toTokenSet(response: TokenResponse, now: number, before?: TokenSet): TokenSet {
  const lifetime = response.expires_in;
  const refresh = response.refresh_token ?? before?.refresh_token;
  const scope = response.scope ?? before?.scope;
  return {
    access_token: response.access_token,
    ...(refresh && { refresh_token: refresh }),
    ...(scope !== undefined && { scope }),
    obtained_at: now,
    ...(isLifetime(lifetime) && { expires_at: now + lifetime * 1_000 })
  };
}

/**
 * Whether to refresh a token before use: in the last minute or tenth of its lifetime, whichever is shorter.
 */
export function isExpiring(tokens: TokenSet, now: number): boolean {
  if (tokens.expires_at === undefined) return false;
  const margin = Math.min(MAX_MARGIN_MS, (tokens.expires_at - tokens.obtained_at) / 10);
  return now >= tokens.expires_at - margin;
}

function isLifetime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
