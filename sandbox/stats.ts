/** Counts by name. */
export type Counts = Record<string, number>;

/** Counts of what has happened, for tests; also served as JSON at `<dashboard>/api/stats`. */
export class Stats {
  oauth = {
    /** Successful requests to the token endpoint, by grant type. */
    tokens: {} as Counts,
    /** Rejected requests to the token endpoint, by OAuth error code. */
    tokenErrors: {} as Counts,
    /** Refresh tokens used; a repeated use within the grace period counts again. */
    refreshRedemptions: 0,
    /** Refresh tokens used again after they were spent, which revokes the grant. */
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
    /** `tools/call` requests by tool, not counting retries after an answered question. */
    tools: {} as Counts,
    questions: 0
  };
  storage = {
    /** PUT requests received, whatever their outcome. */
    puts: 0,
    accepted: 0,
    /** Rejected PUT and GET requests, by S3 error code. */
    refused: {} as Counts,
    /** Body bytes read from PUT requests, including rejected and broken ones. */
    bytesReceived: 0,
    /** Requests with credentials that a presigned URL must never see, by header name. */
    violations: {} as Counts,
    downloads: 0
  };
  cdn = { requests: 0, hits: 0, transformations: 0, bytes: 0 };
}

/** Increments a named count. */
export function count(counts: Counts, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}
