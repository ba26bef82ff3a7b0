import type { IncomingMessage, ServerResponse } from "node:http";
import { decodeJwt } from "jose";
import { Provider, type KoaContextWithOIDC } from "oidc-provider";
import { urlOf } from "../http/message.ts";
import { count, type Stats } from "../stats.ts";
import { AccessTokens } from "./access-tokens.ts";
import { ClientMetadata } from "./client-metadata.ts";
import { configurationOf, deviceInterval, type AuthorizationServerOptions } from "./configuration.ts";
import { serveConsent } from "./consent.ts";
import { serveDevice } from "./device.ts";
import { Records } from "./records.ts";

export interface AuthorizationServer {
  readonly jwksUri: string;
  readonly tokens: AccessTokens;
  readonly clientMetadata: ClientMetadata;
  serve(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Ends all of a client's grants and tokens. */
  revokeClient(clientId: string): void;
}

const rotationGraceMs = 10_000;

/** The authorization server: `oidc-provider` with custom pages for consent and device codes. */
export async function createAuthorizationServer(
  options: AuthorizationServerOptions
): Promise<AuthorizationServer> {
  const tokens = new AccessTokens();
  const clientMetadata = new ClientMetadata();
  const records = new Records({
    graceMs: options.strictRotation ? 0 : rotationGraceMs,
    findClient: clientMetadata.findLoopback
  });
  const provider = new Provider(options.issuer, await configurationOf(options, records, clientMetadata));
  const revokeGrant = (grantId: string) => {
    records.revokeGrant(grantId);
    tokens.revokeGrant(grantId);
  };
  observe(provider, options.stats, tokens, revokeGrant);
  provider.use(defaultRequest);
  provider.use(revokeJwt(tokens, options.stats));
  const callback = provider.callback();
  return {
    jwksUri: `${options.issuer}/oauth2/jwks`,
    tokens,
    clientMetadata,
    async serve(req, res) {
      const { pathname } = urlOf(req);
      if (pathname.startsWith("/interaction/")) return serveConsent(provider, options, req, res);
      if (pathname === "/device") return serveDevice(provider, options, req, res);
      await callback(req, res);
    },
    revokeClient(clientId) {
      for (const grantId of records.grantsOf(clientId)) revokeGrant(grantId);
    }
  };
}

/** Counts events, and revokes the JWTs of revoked grants, which the library doesn't track. */
function observe(
  provider: Provider,
  stats: Stats,
  tokens: AccessTokens,
  revokeGrant: (id: string) => void
): void {
  const { oauth } = stats;
  provider.on("access_token.issued", (token) => {
    oauth.accessTokensIssued += 1;
    const { grantId, clientId = "" } = token;
    tokens.issue(token.jti, { grantId, clientId, expiresAt: Date.now() + token.expiration * 1000 });
  });
  provider.on("grant.success", ({ oidc }) => {
    const grantType = String(oidc.params?.["grant_type"]);
    count(oauth.tokens, grantType);
    if (grantType === "refresh_token") oauth.refreshRedemptions += 1;
  });
  provider.on("grant.error", ({ oidc }, error) => {
    count(oauth.tokenErrors, error.error);
    if (error.error_detail !== "refresh token already used") return;
    oauth.refreshReuse += 1;
    revokeGrant(oidc.entities.RefreshToken!.grantId!);
  });
  provider.on("grant.revoked", (_ctx, grantId) => {
    oauth.grantsRevoked += 1;
    revokeGrant(grantId);
  });
  provider.on("authorization.success", () => (oauth.authorizations += 1));
  provider.on("registration_create.success", () => (oauth.registrations += 1));
  provider.on("device_authorization.success", (_ctx, response) => {
    oauth.deviceAuthorizations += 1;
    Object.assign(response, { interval: deviceInterval });
  });
  provider.on("server_error", (_ctx, error) => console.error("sandbox: authorization server:", error));
}

/**
 * Applies the hosted service's defaults to an authorization request: the usual scopes if there are none, and
 * `offline_access` without `prompt`.
 */
async function defaultRequest(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  if (ctx.path === "/oauth2/authorize") {
    const scope = ctx.query["scope"] ?? "openid profile email";
    const offline = String(scope).split(" ").includes("offline_access");
    ctx.query = {
      ...ctx.query,
      scope,
      ...(offline && ctx.query["prompt"] === undefined ? { prompt: "consent" } : {})
    };
  }
  await next();
}

/** Implements RFC 7009 for JWT access tokens, which the library refuses to revoke. */
function revokeJwt(tokens: AccessTokens, stats: Stats) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    if (ctx.path !== "/oauth2/revoke") return;
    if ((ctx.body as { error?: string } | undefined)?.error === "unsupported_token_type") {
      const { jti } = decodeJwt(String(ctx.oidc.params?.["token"]));
      tokens.revoke(jti ?? "", ctx.oidc.client!.clientId);
      ctx.status = 200;
      ctx.body = "";
    }
    if (ctx.status === 200) stats.oauth.tokensRevoked += 1;
  };
}
