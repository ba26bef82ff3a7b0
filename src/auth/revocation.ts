import * as oauth from "oauth4webapi";
import { ImgwireError } from "../errors.ts";
import { asOauthClient, asOauthServer, clientAuthentication } from "./client-authentication.ts";
import { type Fetch, oauthOptions, readJsonObject } from "./fetch.ts";
import type { SignInRecord } from "./record.ts";
import { classifyTokenError } from "./token-errors.ts";

/**
 * Revokes the tokens of a sign-in (RFC 7009), the refresh token first because that usually ends the access
 * tokens too. If the refresh token was revoked, the access token needn't be revocable
 * (`unsupported_token_type`, section 2.2.1, is common for JWTs).
 * @returns false if the server doesn't support revocation or there is nothing to revoke
 * @throws UnreachableError, TokenRefusedError
 */
export async function revoke(fetch: Fetch, record: SignInRecord): Promise<boolean> {
  const { refresh_token, access_token } = record.tokens ?? {};
  if (!record.server?.revocation_endpoint || !record.client || access_token === undefined) return false;
  const refreshRevoked =
    refresh_token !== undefined && (await attempt(fetch, record, "refresh_token", refresh_token));
  const accessRevoked = await attempt(fetch, record, "access_token", access_token);
  const failed =
    refreshRevoked instanceof Error ? refreshRevoked : accessRevoked instanceof Error && accessRevoked;
  if (!failed || (refreshRevoked === true && isRefused(failed, "unsupported_token_type"))) return true;
  throw failed;
}

function isRefused(outcome: true | Error, code: string): boolean {
  return outcome instanceof ImgwireError && outcome.code === code;
}

/** Revokes one token. Returns a failure instead of throwing it, so that the other token is still revoked. */
async function attempt(
  fetch: Fetch,
  record: SignInRecord,
  kind: "refresh_token" | "access_token",
  token: string
): Promise<true | Error> {
  const refused = await request(fetch, record, token, { token_type_hint: kind });
  // Servers built on the MCP SDK for Python insist on a secret, even for clients without one. An empty secret
  // means the same as none (RFC 6749 section 2.3.1).
  const insists = isRefused(refused, "invalid_request") && record.client?.client_secret === undefined;
  return insists ? request(fetch, record, token, { token_type_hint: kind, client_secret: "" }) : refused;
}

async function request(
  fetch: Fetch,
  { server, client }: SignInRecord,
  token: string,
  additionalParameters: Record<string, string>
): Promise<true | Error> {
  if (!server || !client) return true;
  try {
    const response = await oauth.revocationRequest(
      asOauthServer(server),
      asOauthClient(client),
      clientAuthentication(server, client),
      token,
      { ...oauthOptions(fetch), additionalParameters }
    );
    if (response.ok) return true;
    return classifyTokenError(server.issuer, response.status, await readJsonObject(response));
  } catch (error) {
    return error as Error;
  }
}
