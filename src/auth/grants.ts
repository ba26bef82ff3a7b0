import * as oauth from "oauth4webapi";
import { ImgwireError, UnreachableError } from "../errors.ts";
import { type JsonObject, parseJsonObject } from "../system/json.ts";
import { asOauthClient, asOauthServer, clientAuthentication } from "./client-authentication.ts";
import { type Fetch, oauthOptions, readJsonObject } from "./fetch.ts";
import type { KnownServer, LoopbackFlow, RegisteredClient } from "./record.ts";
import { classifyTokenError } from "./token-errors.ts";
import { isToken, type TokenResponse } from "./tokens.ts";

/** What every request to the token endpoint needs. */
export interface GrantContext {
  fetch: Fetch;
  server: KnownServer;
  client: RegisteredClient;
  resource?: string | undefined;
}

/** A token response, and the user it was issued for, if known. */
export interface Granted extends TokenResponse {
  /** The `sub` of the ID token or of a JWT access token; undefined if there is neither. */
  subject: string | undefined;
}

/**
 * Redeems an authorization code (RFC 6749 section 4.1.3, RFC 7636). If a nonce was sent, an ID token must
 * carry it (OpenID Connect Core section 3.1.3.7).
 * @param callback the parameters as `validateAuthResponse` returned them
 * @throws ImgwireError `nonce_mismatch`, and as {@link refresh} does
 */
export async function redeemCode(
  context: GrantContext,
  callback: URLSearchParams,
  { redirectUri, verifier, nonce }: LoopbackFlow
): Promise<Granted> {
  const response = await oauth.authorizationCodeGrantRequest(
    ...parties(context),
    callback,
    redirectUri,
    verifier,
    options(context)
  );
  const content = await readTokens(context, response);
  const claims = claimsOf(content["id_token"]);
  if (nonce !== undefined && claims && claims["nonce"] !== nonce) {
    throw new ImgwireError(
      "nonce_mismatch",
      `${context.server.issuer} sent the ID token of another sign-in.`,
      {
        hint: "The sign-in was stopped. Run `imgwire login` to try again."
      }
    );
  }
  return toGranted(content);
}

/**
 * Redeems a refresh token (RFC 6749 section 6).
 * @throws TokenRefusedError if the server refuses the token or the client; UnreachableError if it fails or
 *   sends an unusable response
 */
export async function refresh(context: GrantContext, refreshToken: string): Promise<Granted> {
  const response = await oauth.refreshTokenGrantRequest(...parties(context), refreshToken, options(context));
  return toGranted(await readTokens(context, response));
}

/**
 * Asks once whether the user has confirmed a device code (RFC 8628 section 3.4). Throws as {@link refresh}
 * does; the codes of section 3.5, such as `authorization_pending`, are TokenRefusedErrors too.
 */
export async function redeemDeviceCode(context: GrantContext, deviceCode: string): Promise<Granted> {
  const response = await oauth.deviceCodeGrantRequest(...parties(context), deviceCode, options(context));
  return toGranted(await readTokens(context, response));
}

function parties({
  server,
  client
}: GrantContext): [oauth.AuthorizationServer, oauth.Client, oauth.ClientAuth] {
  return [asOauthServer(server), asOauthClient(client), clientAuthentication(server, client)];
}

function options({ fetch, resource }: GrantContext): oauth.TokenEndpointRequestOptions {
  return { ...oauthOptions(fetch), ...(resource !== undefined && { additionalParameters: { resource } }) };
}

/** Reads a token response. It must contain a bearer token that can be sent in a header. */
async function readTokens({ server }: GrantContext, response: Response): Promise<Record<string, unknown>> {
  const content = (await readJsonObject(response)) ?? {};
  if (!response.ok || isText(content["error"]))
    throw classifyTokenError(server.issuer, response.status, content);
  const { access_token, token_type } = content;
  const isBearer = typeof token_type === "string" && token_type.toLowerCase() === "bearer";
  if (!isToken(access_token) || !isBearer) {
    throw new UnreachableError(`${server.issuer} didn't send a usable token.`, {
      hint: "Try again later."
    });
  }
  return content;
}

/**
 * Lenient, so that no sign-in fails needlessly: leaves out an unusable `expires_in` or refresh token, and
 * doesn't validate the ID token. Nothing depends on that token, and a wrong clock would make it invalid.
 */
function toGranted(content: Record<string, unknown>): Granted {
  const { access_token, refresh_token, scope, expires_in, id_token } = content;
  return {
    access_token: access_token as string,
    ...(isToken(refresh_token) && { refresh_token }),
    ...(typeof scope === "string" && { scope }),
    ...(typeof expires_in === "number" && { expires_in }),
    subject: subjectOf(id_token) ?? subjectOf(access_token)
  };
}

/** The unverified `sub` of a JWT. It identifies a cache and proves nothing. */
export function subjectOf(token: unknown): string | undefined {
  const subject = claimsOf(token)?.["sub"];
  return isText(subject) ? subject : undefined;
}

function claimsOf(token: unknown): JsonObject | undefined {
  const payload = typeof token === "string" ? token.split(".")[1] : undefined;
  return payload ? parseJsonObject(Buffer.from(payload, "base64url").toString("utf8")) : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
