/** What the scopes of a sign-in are chosen from; undefined or empty if unknown. */
export interface ScopeInputs {
  /** In the hosted server's challenge: authoritative for the request that was refused. */
  challenged: readonly string[] | undefined;
  /** Listed in the protected resource metadata. */
  resource: readonly string[] | undefined;
  /** Listed in the authorization server metadata. */
  server: readonly string[] | undefined;
  /** Requested from the same issuer before, or found missing since. A new sign-in must not lose them. */
  before: readonly string[];
}

const OFFLINE_ACCESS = "offline_access";

/**
 * Chooses the scopes to request: the challenge's, else those in the resource's metadata; in addition, those
 * requested before, and `offline_access` if the server supports it (MCP authorization: scope selection
 * strategy, step-up authorization flow, refresh tokens).
 * @returns an empty list to leave out the `scope` parameter, so that the server's default applies
 */
export function chooseScopes({ challenged, resource, server, before }: ScopeInputs): string[] {
  const requested = challenged?.length ? [...before, ...challenged] : [...(resource ?? []), ...before];
  const scopes = requested.filter((scope) => scope !== OFFLINE_ACCESS);
  return [...new Set([...scopes, ...(server?.includes(OFFLINE_ACCESS) ? [OFFLINE_ACCESS] : [])])];
}

/** Whether the granted scopes include all the challenged ones. */
export function includesAll(granted: readonly string[], challenged: readonly string[]): boolean {
  return challenged.every((scope) => granted.includes(scope));
}

/** Splits a `scope` value (RFC 6749 section 3.3). */
export function splitScopes(scope: string): string[] {
  return scope.split(" ").filter(Boolean);
}
