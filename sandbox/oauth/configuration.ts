import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { errors, type Configuration, type KoaContextWithOIDC } from "oidc-provider";
import type { Connections } from "../account/connections.ts";
import type { Organization } from "../account/organization.ts";
import { errorPage } from "../pages/error.ts";
import type { Stats } from "../stats.ts";
import { accessTokenClaims } from "./access-token-claims.ts";
import type { ClientMetadata } from "./client-metadata.ts";
import { paced } from "./device-polling.ts";
import type { Records } from "./records.ts";
import { grantAll, promptPolicy, scopes } from "./sign-in.ts";

export interface AuthorizationServerOptions {
  issuer: string;
  /** The only resource that tokens are issued for (RFC 8707). */
  resource: string;
  organization: Organization;
  connections: Connections;
  stats: Stats;
  /** Approve consent without a click. */
  autoApprove: boolean;
  /** The Environment that automatic consent links, and that the consent page preselects. */
  linkedEnvironmentId: string | undefined;
  accessTokenTtl: number;
  strictRotation: boolean;
}

/** The minimum interval between two polls of the token endpoint in the device flow, in seconds. */
export const deviceInterval = 1;

/** Configures `oidc-provider` to behave like the service's identity provider. */
export async function configurationOf(
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
    // Most MCP clients don't declare that they are native. By RFC 8252 they are, so any port is allowed in
    // loopback redirects.
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
