/** What scopes are chosen from; each undefined or empty where it is not known. */
export interface ScopeInputs {
  /** Of the hosted server's challenge: authoritative for what was refused. */
  challenged: readonly string[] | undefined;
  /** Listed in the protected resource metadata. */
  resource: readonly string[] | undefined;
  /** Listed in the authorization server metadata. */
  server: readonly string[] | undefined;
  /** Asked for before at the same issuer: a step-up must not lose them. */
  before: readonly string[];
}

const OFFLINE = "offline_access";

/**
 * Chooses the scopes to ask for: those of the challenge, else those of the resource's metadata, else none; with what
 * was asked for before; and `offline_access` where the server offers it (MCP authorization, scope selection
 * strategy, step-up authorization flow and refresh tokens).
 * @returns an empty list when the `scope` parameter is to be left out, so that the server's own default applies
 */
export function chooseScopes({ challenged, resource, server, before }: ScopeInputs): string[] {
  const wanted = challenged?.length ? [...before, ...challenged] : [...(resource ?? []), ...before];
  const scopes = wanted.filter((scope) => scope !== OFFLINE);
  return [...new Set([...scopes, ...(server?.includes(OFFLINE) ? [OFFLINE] : [])])];
}

/** Whether a token that was granted `granted` has all that a challenge asks for. */
export function includesAll(granted: readonly string[], challenged: readonly string[]): boolean {
  return challenged.every((scope) => granted.includes(scope));
}
