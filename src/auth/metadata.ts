import type { AuthorizationServer } from "oauth4webapi";
import * as z from "zod";
import { ImgwireError } from "../errors.ts";
import { checkServerUrl, type UrlRules } from "../system/url.ts";

/** What counts of protected resource metadata (RFC 9728 section 2). */
export interface ResourceMetadata {
  /** Exactly as stated: it is the resource indicator to send (RFC 8707). */
  resource: string;
  authorizationServers: readonly string[];
  scopesSupported: readonly string[] | undefined;
}

const texts = z.array(z.string());
const resourceSchema = z.object({
  resource: z.string(),
  authorization_servers: texts.default([]),
  scopes_supported: texts.optional().catch(undefined)
});

const ENDPOINTS = [
  "authorization_endpoint",
  "token_endpoint",
  "registration_endpoint",
  "revocation_endpoint",
  "device_authorization_endpoint"
] as const;

const serverSchema = z.looseObject({
  issuer: z.string(),
  token_endpoint: z.string(),
  code_challenge_methods_supported: texts.optional(),
  scopes_supported: texts.optional().catch(undefined),
  token_endpoint_auth_methods_supported: texts.optional().catch(undefined),
  grant_types_supported: texts.optional().catch(undefined),
  client_id_metadata_document_supported: z.boolean().optional().catch(undefined),
  authorization_response_iss_parameter_supported: z.boolean().optional().catch(undefined)
});

/**
 * Judges protected resource metadata: it must be about the hosted URL (RFC 9728 section 3.3).
 * @throws ImgwireError `resource_mismatch`, or `metadata_invalid` when it cannot be read
 */
export function validateResource(content: unknown, hosted: URL): ResourceMetadata {
  const parsed = resourceSchema.safeParse(content);
  if (!parsed.success) throw invalid("protected resource metadata", parsed.error);
  const { resource, authorization_servers, scopes_supported } = parsed.data;
  if (!covers(resource, hosted)) {
    throw new ImgwireError(
      "resource_mismatch",
      `The hosted server at ${hosted.href} says that it is ${JSON.stringify(resource)}.`,
      { hint: "A token for another resource is not asked for. Check IMGWIRE_MCP_URL." }
    );
  }
  return { resource, authorizationServers: authorization_servers, scopesSupported: scopes_supported };
}

/** Whether a resource identifier stands for a URL: the same origin, and its path a leading part of the URL's. */
export function covers(resource: string, hosted: URL): boolean {
  if (!URL.canParse(resource)) return false;
  const { origin, pathname, hash } = new URL(resource);
  const folder = pathname.endsWith("/") ? pathname : `${pathname}/`;
  return origin === hosted.origin && hash === "" && `${hosted.pathname}/`.startsWith(folder);
}

/**
 * Judges authorization server metadata: it must come from its own issuer (RFC 8414 section 3.3), do PKCE with S256,
 * and name endpoints that may be talked to.
 * @param issuer the identifier that the metadata was looked up by
 * @throws ImgwireError `issuer_mismatch`, `pkce_unsupported`, `url_refused` or `metadata_invalid`
 */
export function validateServer(content: unknown, issuer: string, rules: UrlRules): AuthorizationServer {
  const parsed = serverSchema.safeParse(content);
  if (!parsed.success) throw invalid("authorization server metadata", parsed.error);
  const server = parsed.data as AuthorizationServer;
  if (!isSameIssuer(server.issuer, issuer)) {
    throw new ImgwireError(
      "issuer_mismatch",
      `The authorization server ${issuer} presents the metadata of another one: ${JSON.stringify(server.issuer)}.`,
      { hint: "The sign-in was stopped before anything was sent." }
    );
  }
  if (!server.code_challenge_methods_supported?.includes("S256")) {
    throw new ImgwireError(
      "pkce_unsupported",
      `The authorization server ${issuer} does not offer PKCE with S256.`,
      {
        hint: "Signing in to it would not be safe, so it was stopped. Tell whoever runs the service."
      }
    );
  }
  for (const name of ENDPOINTS) {
    const url = server[name];
    if (url !== undefined) checkServerUrl(String(url), `The server's ${name}`, rules);
  }
  return server;
}

/** The default endpoints of a server without metadata, at the hosted URL's origin (MCP 2025-03-26, section 2.3.3). */
export function defaultServer(hosted: URL): AuthorizationServer {
  return {
    issuer: hosted.origin,
    authorization_endpoint: `${hosted.origin}/authorize`,
    token_endpoint: `${hosted.origin}/token`,
    registration_endpoint: `${hosted.origin}/register`
  };
}

/** Identical, but for the slash that URL libraries add to an identifier without a path. */
export function isSameIssuer(one: string, other: string): boolean {
  return one === other || (isBare(one) && isBare(other) && new URL(one).href === new URL(other).href);
}

function isBare(issuer: string): boolean {
  return URL.canParse(issuer) && [new URL(issuer).origin, `${new URL(issuer).origin}/`].includes(issuer);
}

function invalid(what: string, error: z.ZodError): ImgwireError {
  const first = error.issues[0];
  const where = first?.path.length ? ` (${first.path.join(".")})` : "";
  return new ImgwireError("metadata_invalid", `The ${what} cannot be used${where}.`, {
    hint: "Check IMGWIRE_MCP_URL: it has to be an MCP server with OAuth.",
    cause: error
  });
}
