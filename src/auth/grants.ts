import * as oauth from "oauth4webapi";
import { ImgwireError, UnreachableError } from "../errors.ts";
import { type Fetch, readJsonObject, oauthOptions } from "./fetch.ts";
import { formatServerText } from "./server-text.ts";
import type { KnownServer, RegisteredClient, SignInRecord } from "./record.ts";
import { clientAuthentication } from "./registration.ts";
import type { TokenResponse } from "./tokens.ts";

/** Who asks whom for what: the same on every request to the token endpoint. */
export interface GrantContext {
  ask: Fetch;
  server: oauth.AuthorizationServer & KnownServer;
  client: RegisteredClient;
  resource: string | undefined;
}

/** A token response and who it is about, where it tells. */
export interface Granted extends TokenResponse {
  /** The `sub` of the ID token or of a JWT access token; undefined where there is neither. */
  subject: string | undefined;
}

/**
 * Redeems an authorization code (RFC 6749 section 4.1.3, RFC 7636).
 * @param callback the parameters as `validateAuthResponse` returned them
 * @throws as {@link refresh} does
 */
export async function redeemCode(
  context: GrantContext,
  callback: URLSearchParams,
  redirectUri: string,
  verifier: string
): Promise<Granted> {
  const { server, client } = context;
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    asOauthClient(client),
    clientAuthentication(server, client),
    callback,
    redirectUri,
    verifier,
    options(context)
  );
  return readTokens(context, response);
}

/**
 * Redeems a refresh token (RFC 6749 section 6).
 * @throws ImgwireError `invalid_grant` or `invalid_client` when the server refuses what was presented for good;
 *   UnreachableError when it fails or answers with something else
 */
export async function refresh(context: GrantContext, refreshToken: string): Promise<Granted> {
  const { server, client } = context;
  const response = await oauth.refreshTokenGrantRequest(
    server,
    asOauthClient(client),
    clientAuthentication(server, client),
    refreshToken,
    options(context)
  );
  return readTokens(context, response);
}

/** Asks once whether the user has confirmed a device code (RFC 8628 section 3.4); throws the server's error code. */
export async function redeemDeviceCode(context: GrantContext, deviceCode: string): Promise<Granted> {
  const { server, client } = context;
  const response = await oauth.deviceCodeGrantRequest(
    server,
    asOauthClient(client),
    clientAuthentication(server, client),
    deviceCode,
    options(context)
  );
  return readTokens(context, response);
}

/**
 * Revokes every token of a sign-in (RFC 7009), the refresh token first since that ends the access tokens too.
 * @returns false where the server offers no revocation
 * @throws UnreachableError, ImgwireError
 */
export async function revoke(ask: Fetch, { server, client, tokens }: SignInRecord): Promise<boolean> {
  if (!server.revocation_endpoint || !tokens) return false;
  const revocable: [string, string | undefined][] = [
    ["refresh_token", tokens.refresh_token],
    ["access_token", tokens.access_token]
  ];
  for (const [kind, token] of revocable) {
    if (token === undefined) continue;
    const response = await oauth.revocationRequest(
      server as oauth.AuthorizationServer,
      asOauthClient(client),
      clientAuthentication(server, client),
      token,
      { ...oauthOptions(ask), additionalParameters: { token_type_hint: kind } }
    );
    if (!response.ok) throw refusal(server, response.status, await readJsonObject(response));
  }
  return true;
}

/** The client in the library's terms; `client_secret` travels by {@link clientAuthentication} only. */
export function asOauthClient({ client_id }: RegisteredClient): oauth.Client {
  return { client_id };
}

function options({ ask, resource }: GrantContext): oauth.TokenEndpointRequestOptions {
  return { ...oauthOptions(ask), ...(resource !== undefined && { additionalParameters: { resource } }) };
}

/**
 * Reads a token response leniently where strictness would cost a sign-in: an unusable `expires_in` is left out, and
 * the ID token, which nobody here relies on, is not validated, so that a wrong clock does not matter.
 */
async function readTokens({ server }: GrantContext, response: Response): Promise<Granted> {
  const content = (await readJsonObject(response)) ?? {};
  if (!response.ok || isText(content["error"])) throw refusal(server, response.status, content);
  const { access_token, token_type, refresh_token, scope, expires_in, id_token } = content;
  const bearer = typeof token_type === "string" && token_type.toLowerCase() === "bearer";
  if (!isText(access_token) || !bearer) {
    throw new UnreachableError(`${server.issuer} answered without a usable token.`, {
      hint: "Try again later. The sign-in is kept."
    });
  }
  return {
    access_token,
    ...(isText(refresh_token) && { refresh_token }),
    ...(typeof scope === "string" && { scope }),
    ...(typeof expires_in === "number" && { expires_in }),
    subject: subjectOf(id_token) ?? subjectOf(access_token)
  };
}

/** Errors after which what was presented will never be accepted again (RFC 6749 section 5.2). */
const FINAL = ["invalid_grant", "invalid_client", "unauthorized_client"];
/** Those of them that are about the client. */
const CLIENT = ["invalid_client", "unauthorized_client"];
/** Answers to a device code (RFC 8628 section 3.5); they pass through by their own names. */
const DEVICE = ["authorization_pending", "slow_down", "access_denied", "expired_token"];

function refusal(server: KnownServer, status: number, content: Record<string, unknown> = {}): Error {
  const code = status < 500 ? content["error"] : undefined;
  const said = formatServerText(content["error_description"]);
  if (isText(code) && [...FINAL, ...DEVICE].includes(code)) {
    return new ImgwireError(code, `${server.issuer} answered ${code}${said}.`, { hint: hintFor(code) });
  }
  return new UnreachableError(
    `${server.issuer} failed with status ${status}${formatServerText(code)}${said}.`,
    {
      hint: "Try again later; if it stays so, run `imgwire login`. The sign-in is kept."
    }
  );
}

/** What helps where the server refuses what it was shown. */
export function hintFor(code: string): string {
  if (!isClientError(code)) return "Run `imgwire login` to try again.";
  return "Check IMGWIRE_CLIENT_ID and IMGWIRE_CLIENT_SECRET if you have set them; else run `imgwire logout`, which forgets the registration, and then `imgwire login`.";
}

/** Whether an error code says that the server does not know the client, or not as one that may do this. */
export function isClientError(code: unknown): code is string {
  return CLIENT.includes(code as string);
}

/** Whether an error says that what was presented will never be accepted again. */
export function isFinal(error: unknown): error is ImgwireError {
  return error instanceof ImgwireError && FINAL.includes(error.code);
}

/** Reads `sub` off a JWT without verifying it: it names a cache, it proves nothing. */
function subjectOf(token: unknown): string | undefined {
  const payload = typeof token === "string" ? token.split(".")[1] : undefined;
  if (!payload) return undefined;
  try {
    const { sub } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as { sub?: unknown };
    return isText(sub) ? sub : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
