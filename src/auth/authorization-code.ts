import * as oauth from "oauth4webapi";
import { ImgwireError, InterruptedError, SignInNeededError } from "../errors.ts";
import { checkServerUrl, type UrlRules } from "../system/url.ts";
import { pollDeviceCode, requestDeviceCode } from "./device.ts";
import { asOauthClient, type GrantContext, type Granted, redeemCode } from "./grants.ts";
import type { Answer, Listener } from "./callback-server.ts";
import { failurePage, SIGNED_IN } from "./result-page.ts";
import { formatServerText } from "./server-text.ts";
import type { PendingSignIn } from "../authorization.ts";

/** What both flows are given. */
export interface FlowOptions {
  context: GrantContext;
  scopes: readonly string[];
  rules: UrlRules;
  /** Stores what was granted; the flow is done when it resolves. */
  keep: (granted: Granted) => Promise<void>;
  /** Opens the link in a browser; resolves to whether one was opened. */
  open: (url: string) => Promise<boolean>;
  /** Milliseconds after which the flow is given up. */
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * The authorization code flow with PKCE and a loopback redirect (RFC 6749 section 4.1, RFC 7636, RFC 8252, RFC 9207).
 * The listener is closed when the flow is over, however it ends.
 */
export async function loopbackFlow(options: FlowOptions, listener: Listener): Promise<PendingSignIn> {
  const { context, rules, timeoutMs, signal } = options;
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const outcome = deferred();
  const cancel = onEnd(signal, timeoutMs, outcome.reject);
  const completed = outcome.promise.finally(() => {
    cancel();
    listener.close();
  });
  completed.catch(() => undefined);
  try {
    const endpoint = context.server.authorization_endpoint;
    if (!endpoint)
      throw new ImgwireError("metadata_invalid", `${context.server.issuer} has no authorization endpoint.`);
    const url = checkServerUrl(endpoint, "The authorization endpoint", rules);
    await addRequest(url, options, { state, verifier, redirectUri: listener.redirectUri });
    listener.accept(state, (parameters) => receive(parameters));
    const browserOpened = await options.open(url.href);
    const expiresAt = Date.now() + timeoutMs;
    return { method: "loopback", url: url.href, userCode: undefined, browserOpened, expiresAt, completed };
  } catch (error) {
    outcome.reject(error);
    throw error;
  }

  /** Judges and redeems the callback while the browser waits, so that its page can tell how it went. */
  async function receive(parameters: URLSearchParams): Promise<Answer> {
    try {
      const callback = validateCallback(context, parameters, state);
      await options.keep(await redeemCode(context, callback, listener.redirectUri, verifier));
      return { page: SIGNED_IN, sent: outcome.resolve };
    } catch (error) {
      const page = failurePage(`${(error as Error).message} Go back to where you came from and try again.`);
      return { page, sent: () => outcome.reject(error) };
    }
  }
}

/** The device flow (RFC 8628). */
export async function deviceFlow(options: FlowOptions): Promise<PendingSignIn> {
  const { context, scopes, rules, timeoutMs, signal } = options;
  const device = await requestDeviceCode(context, scopes);
  const plain = checkServerUrl(device.verificationUri, "The verification address", rules);
  const complete = device.verificationUriComplete;
  const url = complete ? checkServerUrl(complete, "The verification address", rules) : plain;
  const outcome = deferred();
  const stop = new AbortController();
  const cancel = onEnd(signal, timeoutMs, outcome.reject);
  const completed = outcome.promise.finally(() => {
    cancel();
    stop.abort();
  });
  completed.catch(() => undefined);
  pollDeviceCode(context, device, stop.signal).then(options.keep).then(outcome.resolve, outcome.reject);
  const expiresAt = Math.min(device.expiresAt, Date.now() + timeoutMs);
  const browserOpened = await options.open(url.href);
  return { method: "device", url: url.href, userCode: device.userCode, browserOpened, expiresAt, completed };
}

async function addRequest(
  url: URL,
  { context, scopes }: FlowOptions,
  own: { state: string; verifier: string; redirectUri: string }
): Promise<void> {
  const parameters: Record<string, string | undefined> = {
    response_type: "code",
    client_id: context.client.client_id,
    redirect_uri: own.redirectUri,
    state: own.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(own.verifier),
    code_challenge_method: "S256",
    scope: scopes.length ? scopes.join(" ") : undefined,
    resource: context.resource,
    // OpenID Connect Core section 11: offline access has to be consented to.
    prompt: scopes.includes("offline_access") ? "consent" : undefined
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
}

/** RFC 9207 section 2.4, then RFC 6749 section 4.1.2.1: an answer of another issuer is not even read. */
function validateCallback(
  { server, client }: GrantContext,
  parameters: URLSearchParams,
  state: string
): URLSearchParams {
  try {
    return oauth.validateAuthResponse(server, asOauthClient(client), parameters, state);
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) throw declined(error);
    throw new ImgwireError("callback_refused", `The answer does not come from ${server.issuer}.`, {
      hint: "The sign-in was stopped and no code was redeemed. Run `imgwire login` to try again.",
      cause: error
    });
  }
}

function declined(error: oauth.AuthorizationResponseError): Error {
  if (error.error === "access_denied")
    return new SignInNeededError("The sign-in was declined.", { cause: error });
  const said = `${formatServerText(error.error)}${formatServerText(error.error_description)}`;
  return new ImgwireError("authorization_refused", `The server refused the sign-in${said}.`, {
    hint: "Run `imgwire login` to try again. If it stays so, run `imgwire logout` first: that registers the program anew.",
    cause: error
  });
}

interface Deferred {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

function deferred(): Deferred {
  const made = {} as Deferred;
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/** A server that no longer knows the client shows that in the browser only (RFC 6749 section 4.1.2.1). */
const LATE = {
  hint: "Run `imgwire login`. If the page in the browser showed an error, run `imgwire logout` first: that registers the program anew."
};

/** Rejects when the time is up or the flow is cancelled; returns what stops the waiting. */
function onEnd(signal: AbortSignal, timeoutMs: number, reject: (error: unknown) => void): () => void {
  const interrupted = (): void => reject(new InterruptedError("The sign-in was cancelled."));
  const late = (): void => reject(new SignInNeededError("Nobody signed in before the link ran out.", LATE));
  const timer = setTimeout(late, timeoutMs);
  signal.addEventListener("abort", interrupted, { once: true });
  if (signal.aborted) interrupted();
  return () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", interrupted);
  };
}
