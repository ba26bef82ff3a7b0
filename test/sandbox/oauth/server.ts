import { generateKeyPair, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { decodeJwt } from "jose";
import { Provider, errors, type Configuration, type KoaContextWithOIDC } from "oidc-provider";
import type { Connections } from "../account/connections.ts";
import type { Organization } from "../account/organization.ts";
import { urlOf } from "../http/message.ts";
import { errorPage } from "../pages/error.ts";
import { count, type Stats } from "../stats.ts";
import { accessTokenClaims } from "./access-token-claims.ts";
import { AccessTokens } from "./access-tokens.ts";
import { ClientMetadata } from "./client-metadata.ts";
import { serveConsent } from "./consent.ts";
import { serveDevice } from "./device.ts";
import { paced } from "./device-polling.ts";
import { Records } from "./records.ts";
import { grantAll, promptPolicy, scopes } from "./sign-in.ts";

export interface AuthorizationServerOptions {
  issuer: string;
  /** The only resource tokens are issued for (RFC 8707). */
  resource: string;
  organization: Organization;
  connections: Connections;
  stats: Stats;
  /** Consent without a click. */
  autoApprove: boolean;
  /** The Environment that a consent without a click binds, and that the consent page offers first. */
  linkedEnvironmentId: string | undefined;
  accessTokenTtl: number;
  strictRotation: boolean;
}

export interface AuthorizationServer {
  readonly jwksUri: string;
  readonly tokens: AccessTokens;
  readonly clientMetadata: ClientMetadata;
  serve(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Ends every grant of a client, and its tokens. */
  revokeClient(clientId: string): void;
}

/** Seconds between two polls of the token endpoint in the device flow. */
const deviceInterval = 1;
const rotationGraceMs = 10_000;

/** The authorization server: `oidc-provider`, with pages of its own for consent and for the device code. */
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

async function configurationOf(
  options: AuthorizationServerOptions,
  records: Records,
  clientMetadata: ClientMetadata
): Promise<Configuration> {
  const { user } = options.organization;
  const approve = async ({ oidc }: KoaContextWithOIDC) => {
    const { clientId, clientName } = oidc.client!;
    options.connections.authorize(clientId, clientName ?? clientId, options.linkedEnvironmentId);
    return grantAll(oidc.provider, { clientId, accountId: user.id, resource: options.resource });
  };
  return {
    adapter: (model) =>
      model === "DeviceCode" ? paced(records.adapter(model), deviceInterval) : records.adapter(model),
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    fetch: clientMetadata.fetch,
    scopes: [...scopes],
    claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
    findAccount: (_ctx, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        name: `${user.first_name} ${user.last_name}`,
        email: user.email,
        email_verified: user.email_verified
      })
    }),
    responseTypes: ["code"],
    pkce: { required: () => true },
    clientAuthMethods: ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
    // Most MCP clients do not say that they are native; by RFC 8252 they are, and a loopback redirect takes any port.
    clientDefaults: { application_type: "native", grant_types: ["authorization_code", "refresh_token"] },
    clientBasedCORS: () => true,
    rotateRefreshToken: true,
    expiresWithSession: () => Promise.resolve(false),
    extraTokenClaims: () => accessTokenClaims(options.organization),
    interactions: {
      policy: promptPolicy(user.id, options.autoApprove ? approve : undefined),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`
    },
    renderError: (ctx, out) => {
      ctx.type = "html";
      ctx.body = errorPage(out.error, out.error_description);
    },
    routes: {
      authorization: "/oauth2/authorize",
      token: "/oauth2/token",
      jwks: "/oauth2/jwks",
      registration: "/oauth2/register",
      revocation: "/oauth2/revoke",
      device_authorization: "/oauth2/device_authorization",
      userinfo: "/oauth2/userinfo"
    },
    ttl: {
      AccessToken: options.accessTokenTtl,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: 30 * 86_400,
      IdToken: 3_600,
      Interaction: 3_600,
      RefreshToken: 30 * 86_400,
      Session: 86_400
    },
    features: featuresOf(options)
  };
}

function featuresOf(options: AuthorizationServerOptions): NonNullable<Configuration["features"]> {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    registration: { enabled: true, issueRegistrationAccessToken: false },
    clientIdMetadataDocument: { enabled: true, ack: "draft-02" },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => Promise.resolve(options.resource),
      useGrantedResource: () => Promise.resolve(true),
      getResourceServerInfo: (_ctx, indicator) => {
        if (indicator !== options.resource) throw new errors.InvalidTarget(`unknown resource ${indicator}`);
        return {
          scope: scopes.join(" "),
          audience: options.resource,
          accessTokenTTL: options.accessTokenTtl,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } }
        };
      }
    }
  };
}

async function signingKey(): Promise<NonNullable<Configuration["jwks"]>["keys"][number]> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" };
}

/** Counts what happens, and carries a revoked grant over to the JWTs that the library keeps no record of. */
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
 * Reads an authorization request the way the hosted service does: no scope means the usual ones, and `offline_access`
 * needs no `prompt`.
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

/** RFC 7009 for the JWT access tokens, which the library refuses to revoke. */
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
