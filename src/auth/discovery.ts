import { ImgwireError, UnreachableError, UsageError } from "../errors.ts";
import { checkServerUrl, rulesFor, type UrlRules } from "../system/url.ts";
import { type BearerChallenge, parseBearerChallenge } from "./bearer-challenge.ts";
import { type Fetch, readJsonObject } from "./fetch.ts";
import {
  defaultServer,
  isSameIssuer,
  type ResourceMetadata,
  type ServerMetadata,
  unsupportedSignIn,
  validateResource,
  validateServer
} from "./metadata.ts";
import { PING } from "./ping.ts";

/** The authorization server of a hosted URL, and what token requests for that URL need. */
export interface Discovery {
  server: ServerMetadata;
  /** The resource indicator; undefined for a server of the 2025-03-26 revision, which has none. */
  resource: string | undefined;
  /** Scopes that the resource's metadata lists. */
  scopesSupported: readonly string[] | undefined;
}

/** Which of several authorization servers to use. */
export interface IssuerChoice {
  /** The issuer that the user named; no other is used. */
  issuer?: string | undefined;
  /** The issuer of the current sign-in; tried first. */
  preferred?: string | undefined;
}

/**
 * Finds the authorization server of a hosted URL in every way that MCP 2025-03-26, 2025-11-25 and 2026-07-28
 * allow. If there are several, the first one that is reachable and supported is used.
 * @throws ImgwireError as {@link validateResource} and {@link validateServer} do, `metadata_missing`;
 *   UnreachableError; UsageError if the hosted server doesn't use the issuer that the user named
 */
export async function discover(
  fetch: Fetch,
  hosted: URL,
  challenge: BearerChallenge,
  choice: IssuerChoice = {}
): Promise<Discovery> {
  const metadata = await findResource(fetch, hosted, challenge.resourceMetadata);
  if (metadata?.unsupported) throw unsupportedSignIn(hosted.origin, metadata.unsupported);
  const [resource, scopesSupported] = [metadata?.resource, metadata?.scopesSupported];
  const issuers = orderIssuers(metadata?.authorizationServers ?? [], choice, hosted);
  if (issuers.length) {
    return { server: await firstUsable(fetch, issuers, rulesFor(hosted)), resource, scopesSupported };
  }
  const server = (await findServer(fetch, hosted.origin, rulesFor(hosted))) ?? defaultServer(hosted);
  return { server, resource, scopesSupported };
}

/**
 * Fetches the issuers that the hosted URL's metadata names now; undefined if there is no such metadata.
 * @throws as {@link discover} does
 */
export async function currentIssuers(fetch: Fetch, hosted: URL): Promise<readonly string[] | undefined> {
  return (await findResource(fetch, hosted, undefined))?.authorizationServers;
}

/**
 * Gets the hosted server's challenge by sending a request without a token.
 * @returns an empty challenge if the server doesn't send one
 */
export async function requestChallenge(fetch: Fetch, hosted: URL): Promise<BearerChallenge> {
  const response = await fetch(hosted.href, PING);
  const field = response.status === 401 ? response.headers.get("www-authenticate") : undefined;
  return parseBearerChallenge(field ?? undefined);
}

function orderIssuers(named: readonly string[], { issuer, preferred }: IssuerChoice, hosted: URL): string[] {
  if (issuer !== undefined) {
    const all = named.length ? named : [hosted.origin];
    const chosen = all.find((each) => isSameIssuer(each, issuer));
    if (chosen !== undefined) return named.length ? [chosen] : [];
    throw new UsageError(`${hosted.href} does not use the authorization server ${issuer}.`, {
      hint: `Choose one of these: ${all.join(", ")}`
    });
  }
  const isPreferred = (each: string): boolean => preferred !== undefined && isSameIssuer(each, preferred);
  return [...named.filter(isPreferred), ...named.filter((each) => !isPreferred(each))];
}

/** Error codes after which the next authorization server is tried. A mismatch or a refused URL is final. */
const SKIPPABLE = ["unreachable", "metadata_missing", "metadata_invalid", "sign_in_unsupported"];

async function firstUsable(
  fetch: Fetch,
  issuers: readonly string[],
  rules: UrlRules
): Promise<ServerMetadata> {
  const failures: ImgwireError[] = [];
  for (const issuer of issuers) {
    try {
      const server = await findServer(fetch, issuer, rules);
      if (server) return server;
      throw new ImgwireError("metadata_missing", `The authorization server ${issuer} has no metadata.`, {
        hint: "Try again later, or contact whoever runs the service."
      });
    } catch (error) {
      if (!(error instanceof ImgwireError) || !SKIPPABLE.includes(error.code)) throw error;
      failures.push(error);
    }
  }
  throw failures[0] ?? new UnreachableError("There is no authorization server.");
}

async function findResource(
  fetch: Fetch,
  hosted: URL,
  named: string | undefined
): Promise<ResourceMetadata | undefined> {
  const urls = named === undefined ? wellKnownResource(hosted) : [named];
  for (const url of urls) {
    checkServerUrl(url, "The URL of the server's metadata", rulesFor(hosted));
    const content = await fetchMetadata(fetch, url);
    if (content) return validateResource(content, hosted);
  }
  if (named === undefined) return undefined;
  throw new ImgwireError("metadata_missing", `The server refers to metadata that doesn't exist: ${named}`, {
    hint: "Try again later, or contact whoever runs the service."
  });
}

async function findServer(
  fetch: Fetch,
  issuer: string,
  rules: UrlRules
): Promise<ServerMetadata | undefined> {
  const issuerUrl = checkServerUrl(issuer, "The authorization server", rules);
  for (const url of wellKnownServer(issuerUrl)) {
    const content = await fetchMetadata(fetch, url);
    if (content) return validateServer(content, issuer, rules);
  }
  return undefined;
}

/** RFC 9728 section 3.1: with the resource's path and query, without the query, then at the root. */
function wellKnownResource({ origin, pathname, search }: URL): string[] {
  const path = pathname.replace(/\/$/, "");
  const root = `${origin}/.well-known/oauth-protected-resource`;
  return [...new Set([`${root}${path}${search}`, `${root}${path}`, root])];
}

/**
 * RFC 8414 sections 3.1 and 5: OAuth, then OpenID Connect with the issuer's path at the end, then at the
 * start.
 */
function wellKnownServer({ origin, pathname }: URL): string[] {
  const path = pathname.replace(/\/$/, "");
  const known = `${origin}/.well-known`;
  return [
    `${known}/oauth-authorization-server${path}`,
    `${known}/openid-configuration${path}`,
    ...(path ? [`${origin}${path}/.well-known/openid-configuration`] : [])
  ];
}

const MAX_REDIRECTS = 3;

/** Fetches a metadata document; undefined if there is none. Follows redirects only within the origin. */
async function fetchMetadata(fetch: Fetch, from: string): Promise<Record<string, unknown> | undefined> {
  let url = from;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await fetch(url, { headers: { accept: "application/json" } });
    if (response.status === 200) return readJsonObject(response);
    if (response.status >= 500) {
      throw new UnreachableError(`${url} answered with status ${response.status}.`, {
        hint: "Try again later."
      });
    }
    const next = redirectWithin(url, response);
    if (next === undefined) return undefined;
    url = next;
  }
  return undefined;
}

function redirectWithin(url: string, { status, headers }: Response): string | undefined {
  const location = headers.get("location");
  if (![301, 302, 303, 307, 308].includes(status) || !location || !URL.canParse(location, url))
    return undefined;
  const target = new URL(location, url);
  return target.origin === new URL(url).origin ? target.href : undefined;
}
