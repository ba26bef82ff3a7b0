import * as oauth from "oauth4webapi";
import { ImgwireError, SignInNeededError } from "../errors.ts";
import { checkServerUrl, type UrlRules } from "../system/url.ts";
import type { CallbackAnswer, CallbackServer } from "./callback-server.ts";
import { asOauthClient, asOauthServer } from "./client-authentication.ts";
import { type GrantContext, type Granted, redeemCode } from "./grants.ts";
import type { ServerMetadata } from "./metadata.ts";
import type { LoopbackFlow } from "./record.ts";
import { type Page, pageForError, signedInPage } from "./result-page.ts";
import { formatServerText } from "./server-text.ts";

/** An authorization request: the link for the user, and what is needed to handle the callback. */
export interface AuthorizationRequest {
  url: string;
  flow: LoopbackFlow;
}

/**
 * Builds the authorization request of a loopback sign-in (RFC 6749 section 4.1.1, RFC 7636, RFC 8252, RFC
 * 8707).
 * @throws ImgwireError `metadata_invalid` if the server has no authorization endpoint, `url_refused`
 */
export async function authorizationRequest(
  { server, client, resource }: GrantContext & { server: ServerMetadata },
  scopes: readonly string[],
  redirectUri: string,
  rules: UrlRules
): Promise<AuthorizationRequest> {
  const endpoint = server.authorization_endpoint;
  if (!endpoint)
    throw new ImgwireError("metadata_invalid", `${server.issuer} has no authorization endpoint.`);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = scopes.includes("openid") ? oauth.generateRandomNonce() : undefined;
  const parameters: Record<string, string | undefined> = {
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    scope: scopes.length ? scopes.join(" ") : undefined,
    resource,
    // OpenID Connect Core section 11: offline access requires consent.
    prompt: scopes.includes("offline_access") ? "consent" : undefined
  };
  const url = checkServerUrl(endpoint, "The authorization endpoint", rules);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return {
    url: url.href,
    flow: { method: "loopback", redirectUri, state, verifier, ...(nonce && { nonce }) }
  };
}

/**
 * Waits for the callback, validates and redeems it while the browser waits, and shows the outcome there.
 * @param save stores the tokens; only then does the page report success
 * @param returnTo the name of the program to return to, for the page
 * @throws SignInNeededError if the user declined; ImgwireError `callback_refused`, `authorization_refused`;
 *   and as {@link redeemCode} does
 */
export function receiveCallback(
  context: GrantContext,
  flow: LoopbackFlow,
  callbacks: CallbackServer,
  save: (granted: Granted) => Promise<void>,
  returnTo: string | undefined
): Promise<void> {
  return new Promise((resolve, reject) => {
    const answer = (page: Page, sent: () => void): CallbackAnswer => ({ page, sent });
    callbacks.accept(flow.state, async (parameters) => {
      try {
        const callback = validateCallback(context, parameters, flow.state);
        await save(await redeemCode(context, callback, flow));
        return answer(signedInPage(returnTo), resolve);
      } catch (thrown) {
        const error = thrown as Error;
        return answer(pageForError(error, returnTo), () => reject(error));
      }
    });
  });
}

/**
 * Validates the issuer first (RFC 9207 section 2.4), so that an error from another issuer (RFC 6749 section
 * 4.1.2.1) is never read.
 */
function validateCallback(
  { server, client }: GrantContext,
  parameters: URLSearchParams,
  state: string
): URLSearchParams {
  try {
    return oauth.validateAuthResponse(asOauthServer(server), asOauthClient(client), parameters, state);
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) throw refused(error);
    throw new ImgwireError("callback_refused", `The callback didn't come from ${server.issuer}.`, {
      hint: "The sign-in was stopped and no code was redeemed. Run `imgwire login` to try again.",
      cause: error
    });
  }
}

function refused(cause: oauth.AuthorizationResponseError): Error {
  if (cause.error === "access_denied") return new SignInNeededError("The sign-in was cancelled.", { cause });
  const reason = `${formatServerText(cause.error)}${formatServerText(cause.error_description)}`;
  return new ImgwireError("authorization_refused", `The server refused the sign-in${reason}.`, {
    hint: "Run `imgwire login` to try again.",
    cause
  });
}
