import type { AuthorizationServer } from "oauth4webapi";
import { ImgwireError, UnreachableError } from "../errors.ts";
import { checkServerUrl, rulesFor, type UrlRules } from "../system/url.ts";
import { type Fetch, readJsonObject } from "./fetch.ts";
import { type Challenge, parseBearerChallenge } from "./bearer-challenge.ts";
import { defaultServer, validateResource, validateServer, type ResourceMetadata } from "./metadata.ts";

/** The authorization server of a hosted URL, and how tokens for it are asked for. */
export interface Discovery {
  server: AuthorizationServer;
  /** The resource indicator; undefined for a server of the 2025-03-26 revision, which has none. */
  resource: string | undefined;
  /** Scopes that the resource's metadata lists. */
  scopesSupported: readonly string[] | undefined;
}

/**
 * Finds the authorization server of a hosted URL, in every way that the authorization pages of MCP 2025-03-26,
 * 2025-11-25 and 2026-07-28 allow.
 * @throws ImgwireError as {@link validateResource} and {@link validateServer} do; UnreachableError
 */
export async function discover(ask: Fetch, hosted: URL, challenge: Challenge): Promise<Discovery> {
  const metadata = await findResource(ask, hosted, challenge.resourceMetadata);
  const issuer = metadata?.authorizationServers[0];
  const rules = rulesFor(hosted);
  if (issuer === undefined) {
    const server = (await findServer(ask, hosted.origin, rules)) ?? defaultServer(hosted);
    return { server, resource: metadata?.resource, scopesSupported: metadata?.scopesSupported };
  }
  const server = await findServer(ask, issuer, rules);
  if (server) return { server, resource: metadata?.resource, scopesSupported: metadata?.scopesSupported };
  throw new ImgwireError("metadata_missing", `The authorization server ${issuer} has no metadata.`, {
    hint: "Try again later, or tell whoever runs the service."
  });
}

/**
 * The issuers that the hosted URL's metadata names at present; undefined when there is no such metadata.
 * @throws as {@link discover} does
 */
export async function currentIssuers(ask: Fetch, hosted: URL): Promise<readonly string[] | undefined> {
  return (await findResource(ask, hosted, undefined))?.authorizationServers;
}

/**
 * Asks the hosted server for its challenge, as any first request without a token is answered.
 * @returns an empty challenge when the server does not answer with one
 */
export async function askChallenge(ask: Fetch, hosted: URL): Promise<Challenge> {
  const response = await ask(hosted.href, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })
  });
  const field = response.status === 401 ? response.headers.get("www-authenticate") : undefined;
  return parseBearerChallenge(field ?? undefined);
}

async function findResource(
  ask: Fetch,
  hosted: URL,
  named: string | undefined
): Promise<ResourceMetadata | undefined> {
  const places = named === undefined ? wellKnownResource(hosted) : [named];
  for (const place of places) {
    checkServerUrl(place, "The address of the server's metadata", rulesFor(hosted));
    const content = await fetchMetadata(ask, place);
    if (content) return validateResource(content, hosted);
  }
  if (named === undefined) return undefined;
  throw new ImgwireError("metadata_missing", `The hosted server names metadata that is not there: ${named}`, {
    hint: "Try again later, or tell whoever runs the service."
  });
}

async function findServer(
  ask: Fetch,
  issuer: string,
  rules: UrlRules
): Promise<AuthorizationServer | undefined> {
  const url = checkServerUrl(issuer, "The authorization server", rules);
  for (const place of wellKnownServer(url)) {
    const content = await fetchMetadata(ask, place);
    if (content) return validateServer(content, issuer, rules);
  }
  return undefined;
}

/** RFC 9728 section 3.1: with the path of the resource, then at the root. */
function wellKnownResource({ origin, pathname }: URL): string[] {
  const path = pathname.replace(/\/$/, "");
  const root = `${origin}/.well-known/oauth-protected-resource`;
  return path ? [`${root}${path}`, root] : [root];
}

/** RFC 8414 sections 3.1 and 5: OAuth, OpenID Connect with the path inserted, OpenID Connect with it in front. */
function wellKnownServer({ origin, pathname }: URL): string[] {
  const path = pathname.replace(/\/$/, "");
  const known = `${origin}/.well-known`;
  return [
    `${known}/oauth-authorization-server${path}`,
    `${known}/openid-configuration${path}`,
    ...(path ? [`${origin}${path}/.well-known/openid-configuration`] : [])
  ];
}

/** One metadata document; undefined when there is none at this place. */
async function fetchMetadata(ask: Fetch, place: string): Promise<Record<string, unknown> | undefined> {
  const response = await ask(place, { headers: { accept: "application/json" } });
  if (response.status >= 500) {
    throw new UnreachableError(`${place} answered with status ${response.status}.`, {
      hint: "Try again later."
    });
  }
  return response.status === 200 ? readJsonObject(response) : undefined;
}
