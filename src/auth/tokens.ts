import * as z from "zod";

/** What one redemption gave, as it is kept. */
export interface TokenSet {
  access_token: string;
  refresh_token?: string | undefined;
  /** Scopes granted, space separated; undefined where the server did not say (then those requested). */
  scope?: string | undefined;
  /** Milliseconds since the epoch. */
  obtained_at: number;
  /** Milliseconds since the epoch; undefined where the server gave no usable lifetime. */
  expires_at?: number | undefined;
}

export const tokenSetSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  scope: z.string().optional(),
  obtained_at: z.number(),
  expires_at: z.number().optional()
});

/** The parts of a token response (RFC 6749 section 5.1) that count here. */
export interface TokenResponse {
  access_token: string;
  refresh_token?: string | undefined;
  scope?: string | undefined;
  expires_in?: number | undefined;
}

const MARGIN_MS = 60_000;

/**
 * Makes the token set to keep from a token response.
 *
 * `expires_in` counts only as a positive number: missing, zero, negative or textual lifetimes mean that there is
 * no proactive refresh, since each of them would otherwise start one for every request. A refresh response
 * without a refresh token, or without a scope, leaves the earlier one in force (RFC 6749 sections 6 and 5.1).
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

/** Whether a token is to be refreshed before it is used: in the last minute, or tenth, of its life. */
export function isExpiring(tokens: TokenSet, now: number): boolean {
  if (tokens.expires_at === undefined) return false;
  const margin = Math.min(MARGIN_MS, (tokens.expires_at - tokens.obtained_at) / 10);
  return now >= tokens.expires_at - margin;
}

function isLifetime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
