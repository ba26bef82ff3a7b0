/** A real OAuth client (`oauth4webapi`) for tests that signs in to a sandbox as a native program does. */
import * as oauth from "oauth4webapi";
import type { SandboxUrls } from "../sandbox.ts";

/** Allows plain http, which loopback services use. */
export const insecure = { [oauth.allowInsecureRequests]: true };
export const redirectUri = "http://127.0.0.1:9/callback";
export const scope = "openid profile email offline_access";

export interface SignedIn {
  as: oauth.AuthorizationServer;
  client: oauth.Client;
  accessToken: string;
  refreshToken: string;
}

export async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(
    url,
    await oauth.discoveryRequest(url, { algorithm: "oauth2", ...insecure })
  );
}

/** The OAuth resource of a sandbox: the origin of the MCP server with a trailing slash. */
export function resourceOf({ mcpUrl }: Pick<SandboxUrls, "mcpUrl">): string {
  return new URL("/", mcpUrl).href;
}

/** Registers a public native client (RFC 7591). */
export async function register(
  as: oauth.AuthorizationServer,
  clientName = "Test client"
): Promise<oauth.Client> {
  const response = await oauth.dynamicClientRegistrationRequest(
    as,
    {
      client_name: clientName,
      redirect_uris: ["http://127.0.0.1/callback"],
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none"
    },
    insecure
  );
  return await oauth.processDynamicClientRegistrationResponse(response);
}

export interface Authorization {
  url: URL;
  state: string;
  codeVerifier: string;
}

/** Creates an authorization request with PKCE (RFC 7636) for a browser to open. */
export async function authorizationRequest(
  as: oauth.AuthorizationServer,
  client: oauth.Client,
  parameters: Record<string, string>
): Promise<Authorization> {
  const codeVerifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint!);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
    ...parameters
  }).toString();
  return { url, state, codeVerifier };
}

/** Exchanges the code in a callback URL for tokens. */
export async function redeem(
  as: oauth.AuthorizationServer,
  client: oauth.Client,
  callback: URL,
  { state, codeVerifier }: Authorization,
  resource: string
): Promise<oauth.TokenEndpointResponse> {
  const validated = oauth.validateAuthResponse(as, client, callback, state);
  const options = { additionalParameters: { resource }, ...insecure };
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    oauth.None(),
    validated,
    redirectUri,
    codeVerifier,
    options
  );
  return oauth.processAuthorizationCodeResponse(as, client, response);
}

export async function refresh(
  as: oauth.AuthorizationServer,
  client: oauth.Client,
  refreshToken: string
): Promise<oauth.TokenEndpointResponse> {
  const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshToken, insecure);
  return oauth.processRefreshTokenResponse(as, client, response);
}

/** Signs in to a sandbox that approves automatically. */
export async function signIn(sandbox: SandboxUrls, clientName?: string): Promise<SignedIn> {
  const as = await discover(sandbox.issuer);
  const client = await register(as, clientName);
  const resource = resourceOf(sandbox);
  const authorization = await authorizationRequest(as, client, { resource });
  const answer = await fetch(authorization.url, { redirect: "manual" });
  const callback = new URL(answer.headers.get("location") ?? `data:,no redirect but ${answer.status}`);
  const tokens = await redeem(as, client, callback, authorization, resource);
  return { as, client, accessToken: tokens.access_token, refreshToken: tokens.refresh_token! };
}
