/** A count by name. */
export type Counts = Record<string, number>;

/** What happened so far, for tests to look at; also served as JSON at `<dashboard>/api/stats`. */
export class Stats {
  oauth = {
    /** Requests to the token endpoint, by grant type, answered with tokens. */
    tokens: {} as Counts,
    /** Requests to the token endpoint that were refused, by OAuth error code. */
    tokenErrors: {} as Counts,
    /** Refresh tokens redeemed; one that a grace period let through again counts again. */
    refreshRedemptions: 0,
    /** Refresh tokens presented again after they were spent; the grant is revoked. */
    refreshReuse: 0,
    registrations: 0,
    authorizations: 0,
    deviceAuthorizations: 0,
    accessTokensIssued: 0,
    grantsRevoked: 0,
    tokensRevoked: 0
  };
  mcp = {
    /** HTTP requests refused with 401. */
    unauthorized: 0,
    /** HTTP requests served, by era and HTTP method, such as `legacy POST`. */
    requests: {} as Counts,
    sessionsOpened: 0,
    sessionsClosed: 0,
    /** `tools/call` by tool, re-entries after an answered question not counted. */
    tools: {} as Counts,
    questions: 0
  };
  storage = {
    /** PUT requests that arrived, whatever came of them. */
    puts: 0,
    accepted: 0,
    /** PUT and GET requests refused, by S3 error code. */
    refused: {} as Counts,
    /** Body bytes of PUT requests that were read, refused and broken ones included. */
    bytesReceived: 0,
    /** Requests with credentials a presigned URL must never see, by header name. */
    violations: {} as Counts,
    downloads: 0
  };
  cdn = { requests: 0, hits: 0, transformations: 0, bytes: 0 };
}

/** Adds one to a named count. */
export function count(counts: Counts, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}
