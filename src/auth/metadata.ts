import type { AuthorizationServer } from "oauth4webapi";
import * as z from "zod";
import { ImgwireError } from "../errors.ts";
import { checkServerUrl, type UrlRules } from "../system/url.ts";

/** The parts of protected resource metadata that matter here (RFC 9728 section 2). */
export interface ResourceMetadata {
  /** The resource indicator to send, exactly as stated (RFC 8707). */
  resource: string;
  authorizationServers: readonly string[];
  scopesSupported: readonly string[] | undefined;
  /** A requirement that this program can't meet, in words for people; undefined if there is none. */
  unsupported: string | undefined;
}

/** Validated authorization server metadata (RFC 8414 section 2). */
export type ServerMetadata = AuthorizationServer & { token_endpoint: string };

/** An optional member that is null, empty or of the wrong type counts as absent. */
export const optionalText = z.string().min(1).optional().catch(undefined);
const optionalFlag = z.boolean().optional().catch(undefined);
const texts = z
  .array(z.unknown())
  .transform((members) => members.filter((each): each is string => typeof each === "string" && each !== ""));
const optionalTexts = texts.optional().catch(undefined);

const resourceSchema = z.object({
  resource: z.string(),
  authorization_servers: texts.optional(),
  scopes_supported: optionalTexts,
  bearer_methods_supported: optionalTexts,
  dpop_bound_access_tokens_required: optionalFlag,
  tls_client_certificate_bound_access_tokens: optionalFlag
});

const ENDPOINTS = [
  "authorization_endpoint",
  "token_endpoint",
  "registration_endpoint",
  "revocation_endpoint",
  "device_authorization_endpoint"
] as const;

const serverSchema = z.looseObject({
  issuer: z.string().min(1),
  token_endpoint: z.string().min(1),
  authorization_endpoint: optionalText,
  registration_endpoint: optionalText,
  revocation_endpoint: optionalText,
  device_authorization_endpoint: optionalText,
  code_challenge_methods_supported: optionalTexts,
  scopes_supported: optionalTexts,
  token_endpoint_auth_methods_supported: optionalTexts,
  grant_types_supported: optionalTexts,
  require_pushed_authorization_requests: optionalFlag,
  require_signed_request_object: optionalFlag,
  dpop_bound_access_tokens_required: optionalFlag,
  client_id_metadata_document_supported: optionalFlag,
  authorization_response_iss_parameter_supported: optionalFlag
});

/**
 * Validates protected resource metadata: it must be about the hosted URL (RFC 9728 section 3.3).
 * @throws ImgwireError `resource_mismatch`, or `metadata_invalid` if it can't be understood
 */
export function validateResource(content: unknown, hosted: URL): ResourceMetadata {
  const parsed = resourceSchema.safeParse(content);
  if (!parsed.success) throw invalid("protected resource metadata", parsed.error);
  const { resource, authorization_servers = [], scopes_supported } = parsed.data;
  if (!covers(resource, hosted)) {
    throw new ImgwireError(
      "resource_mismatch",
      `${hosted.href} presents the metadata of another resource: ${JSON.stringify(resource)}.`,
      { hint: "Nothing was sent. Check IMGWIRE_MCP_URL." }
    );
  }
  return {
    resource,
    authorizationServers: authorization_servers,
    scopesSupported: scopes_supported,
    unsupported: unsupportedByResource(parsed.data)
  };
}

/**
 * Whether a resource identifier covers a URL: it has the same origin, a path that is a prefix of the URL's,
 * the same query or none, and no fragment.
 */
export function covers(resource: string, hosted: URL): boolean {
  if (!URL.canParse(resource)) return false;
  const { origin, pathname, search, hash } = new URL(resource);
  const folder = pathname.endsWith("/") ? pathname : `${pathname}/`;
  const isWithin = origin === hosted.origin && `${hosted.pathname}/`.startsWith(folder);
  return isWithin && hash === "" && (search === "" || search === hosted.search);
}

/**
 * Validates authorization server metadata: it must come from its own issuer (RFC 8414 section 3.3), support
 * PKCE with S256, name endpoints that may be contacted, and require nothing that this program can't do.
 * @param issuer the identifier that led to the metadata
 * @throws ImgwireError `issuer_mismatch`, `pkce_unsupported`, `url_refused`, `address_refused`,
 *   `metadata_invalid` or `sign_in_unsupported`
 */
export function validateServer(content: unknown, issuer: string, rules: UrlRules): ServerMetadata {
  const parsed = serverSchema.safeParse(content);
  if (!parsed.success) throw invalid("authorization server metadata", parsed.error);
  const server = parsed.data as ServerMetadata;
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
      `The authorization server ${issuer} does not support PKCE with S256.`,
      { hint: "Signing in there would not be safe, so it was stopped. Contact whoever runs the service." }
    );
  }
  for (const name of ENDPOINTS) {
    const url = server[name];
    if (url !== undefined) checkServerUrl(url, `The server's ${name}`, rules);
  }
  const unsupported = unsupportedByServer(parsed.data);
  if (unsupported) throw unsupportedSignIn(issuer, unsupported);
  return server;
}

/** The error for a server whose metadata requires something that this program can't do. */
export function unsupportedSignIn(who: string, what: string): ImgwireError {
  return new ImgwireError(
    "sign_in_unsupported",
    `${who} requires ${what}, which imgwire-mcp does not support.`,
    {
      hint: "Ask whoever runs the service for an access token, and set IMGWIRE_ACCESS_TOKEN to it."
    }
  );
}

const AUTH_METHODS = ["none", "client_secret_basic", "client_secret_post"];

function unsupportedByServer(server: z.infer<typeof serverSchema>): string | undefined {
  if (server.require_pushed_authorization_requests) return "pushed authorization requests (PAR)";
  if (server.require_signed_request_object) return "signed request objects (JAR)";
  if (server.dpop_bound_access_tokens_required) return "DPoP";
  const methods = server.token_endpoint_auth_methods_supported ?? [];
  const isUsable = !methods.length || methods.some((method) => AUTH_METHODS.includes(method));
  return isUsable ? undefined : `client authentication with ${methods.join(" or ")}`;
}

function unsupportedByResource(resource: z.infer<typeof resourceSchema>): string | undefined {
  if (resource.dpop_bound_access_tokens_required) return "DPoP";
  if (resource.tls_client_certificate_bound_access_tokens) return "mutual TLS";
  const methods = resource.bearer_methods_supported ?? [];
  return methods.length && !methods.includes("header") ? `tokens in the ${methods.join(" or ")}` : undefined;
}

/**
 * The default endpoints of a server without metadata, at the hosted URL's origin (MCP 2025-03-26, section
 * 2.3.3).
 */
export function defaultServer(hosted: URL): ServerMetadata {
  return {
    issuer: hosted.origin,
    authorization_endpoint: `${hosted.origin}/authorize`,
    token_endpoint: `${hosted.origin}/token`,
    registration_endpoint: `${hosted.origin}/register`
  };
}

/** Whether two issuers are identical, apart from the slash that URL libraries append if there is no path. */
export function isSameIssuer(one: string, other: string): boolean {
  return one === other || (isBare(one) && isBare(other) && new URL(one).href === new URL(other).href);
}

function isBare(issuer: string): boolean {
  return URL.canParse(issuer) && [new URL(issuer).origin, `${new URL(issuer).origin}/`].includes(issuer);
}

function invalid(what: string, error: z.ZodError): ImgwireError {
  const first = error.issues[0];
  const where = first?.path.length ? ` (${first.path.join(".")})` : "";
  return new ImgwireError("metadata_invalid", `The ${what} is invalid${where}.`, {
    hint: "Check IMGWIRE_MCP_URL: it must be the URL of an MCP server with OAuth.",
    cause: error
  });
}
