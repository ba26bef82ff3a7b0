/** The parameters of a `Bearer` challenge (RFC 6750 section 3, RFC 9728 section 5.1). */
export interface BearerChallenge {
  /** URL of the protected resource metadata, as it was sent. */
  resourceMetadata: string | undefined;
  scope: readonly string[] | undefined;
  error: string | undefined;
  errorDescription: string | undefined;
}

const NONE: BearerChallenge = {
  resourceMetadata: undefined,
  scope: undefined,
  error: undefined,
  errorDescription: undefined
};

/** `scheme` or `name=value`, the value a token or a quoted string (RFC 9110 section 11.6.1). */
const PART = /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g;

/** Parses the first `Bearer` challenge of a `WWW-Authenticate` field; other schemes are skipped. */
export function parseBearerChallenge(wwwAuthenticate: string | undefined): BearerChallenge {
  const found = bearerParameters(wwwAuthenticate ?? "");
  if (!found) return NONE;
  const scope = found.get("scope")?.split(" ").filter(Boolean);
  return {
    resourceMetadata: found.get("resource_metadata"),
    scope: scope?.length ? scope : undefined,
    error: found.get("error"),
    errorDescription: found.get("error_description")
  };
}

function bearerParameters(field: string): Map<string, string> | undefined {
  let parameters: Map<string, string> | undefined;
  for (const [, name = "", quoted, token] of field.matchAll(PART)) {
    const value = quoted?.replace(/\\(.)/g, "$1") ?? token;
    if (value === undefined && parameters) break;
    if (value === undefined && name.toLowerCase() === "bearer") parameters = new Map();
    else if (value !== undefined) parameters?.set(name.toLowerCase(), value);
  }
  return parameters;
}
