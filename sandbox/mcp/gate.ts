import type { AuthInfo } from "@modelcontextprotocol/server";
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import type { AccessTokens } from "../oauth/access-tokens.ts";
import { scopes } from "../oauth/sign-in.ts";

export interface GateOptions {
  /** The OAuth resource: the MCP origin with a trailing slash, not the `/mcp` URL. */
  resource: string;
  issuer: string;
  /** The URL of the authorization server's keys. */
  jwksUri: string;
  tokens: AccessTokens;
}

/** Guards the MCP server: OAuth 2.0 protected-resource metadata and bearer tokens. */
export function createGate({ resource, issuer, jwksUri, tokens }: GateOptions) {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  const metadataPath = "/.well-known/oauth-protected-resource";
  const verify = async (token: string, attempt = 1): Promise<JWTPayload> => {
    try {
      return (await jwtVerify(token, keys, { issuer, audience: resource, algorithms: ["RS256"] })).payload;
    } catch (error) {
      // A failure to fetch the keys doesn't make the token invalid.
      if (attempt === 3 || error instanceof errors.JOSEError) throw error;
      return verify(token, attempt + 1);
    }
  };
  const challenge = `resource_metadata="${new URL(metadataPath, resource).href}"`;

  return {
    /**
     * RFC 9728 metadata, at the resource's own well-known URL and at the one that clients derive from `/mcp`.
     */
    metadata(pathname: string): Record<string, unknown> | undefined {
      if (pathname !== metadataPath && pathname !== `${metadataPath}/mcp`) return undefined;
      return {
        resource,
        resource_name: "Imgwire MCP (sandbox)",
        authorization_servers: [issuer],
        scopes_supported: scopes,
        bearer_methods_supported: ["header"]
      };
    },

    /**
     * Authenticates a bearer token. Returns its identity, or the 401 response (RFC 6750, section 3) to send.
     */
    async pass(authorization: string | undefined): Promise<AuthInfo | Response> {
      const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? "")?.[1];
      if (!token) return unauthorized(challenge, "A sign-in is needed.");
      try {
        const payload = await verify(token);
        if (!tokens.isActive(payload.jti ?? "")) throw new Error("revoked");
        return {
          token,
          clientId: String(payload["client_id"]),
          scopes: (payload["scope"] as string).split(" "),
          expiresAt: payload.exp!,
          resource: new URL(resource)
        };
      } catch {
        const why = "The access token expired, was revoked, or is not for this server";
        return unauthorized(`error="invalid_token", error_description="${why}", ${challenge}`, `${why}.`);
      }
    }
  };
}

function unauthorized(parameters: string, detail: string): Response {
  const headers = { "www-authenticate": `Bearer ${parameters}` };
  return Response.json({ detail, error_type: "InvalidTokenError" }, { status: 401, headers });
}
