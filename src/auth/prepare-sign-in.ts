import type { AuthChallenge } from "../authorization.ts";
import { ImgwireError } from "../errors.ts";
import { type BrowserInputs, whyNoBrowser } from "../system/browser.ts";
import { checkServerUrl, rulesFor, type UrlRules } from "../system/url.ts";
import { authorizationRequest } from "./authorization-code.ts";
import { parseBearerChallenge } from "./bearer-challenge.ts";
import { type CallbackServer, listenForCallback, portOfRedirect } from "./callback-server.ts";
import { type ClientSettings, configuredClient, isKnownClient, isReusable } from "./client.ts";
import { requestDeviceCode } from "./device-code.ts";
import { discover, requestChallenge } from "./discovery.ts";
import type { Fetch } from "./fetch.ts";
import { isSameIssuer, type ServerMetadata } from "./metadata.ts";
import { newNotice, type Notice } from "./sign-in-notice.ts";
import { type PendingRecord, type RegisteredClient, type SignInRecord, toKnownServer } from "./record.ts";
import { mayUseDeviceGrant, register } from "./registration.ts";
import { chooseScopes } from "./scopes.ts";
import { TokenRefusedError } from "./token-errors.ts";

/** Options for signing in. */
export interface SignInOptions {
  /** By default a device code if no browser can be opened and the server offers codes, else loopback. */
  method?: "device" | "loopback";
  /** The authorization server to use, if the hosted server names several. */
  issuer?: string | undefined;
  /** How long the link works, in milliseconds; ten minutes by default. */
  timeoutMs?: number;
  /** Sign in again even if already signed in. */
  again?: boolean;
  /** The name of the program to return to. */
  returnTo?: string | undefined;
  /** Aborted when the user cancels. */
  signal?: AbortSignal;
}

/** What preparing a sign-in needs. */
export interface Preparation {
  hosted: URL;
  fetch: Fetch;
  client: ClientSettings;
  /** Fixed port of the redirect URI; undefined for any. */
  callbackPort: number | undefined;
  browser: BrowserInputs;
  /** Version of this program, for client registrations. */
  version: string;
}

/** A sign-in whose server and scopes are known. */
export interface Plan {
  preparation: Preparation;
  server: ServerMetadata;
  resource: string | undefined;
  scopes: string[];
  /** The existing record, if it is from the same issuer. */
  before: SignInRecord | undefined;
  options: SignInOptions;
  rules: UrlRules;
}

/** A sign-in that is ready to be shown to the user. */
export interface Prepared {
  pending: PendingRecord;
  notice: Notice;
  callbacks: CallbackServer | undefined;
}

const SIGN_IN_TIMEOUT_MS = 10 * 60_000;

/**
 * Finds the authorization server and the scopes.
 * @throws ImgwireError as `discover` does, and `issuer_changed`
 */
export async function plan(
  preparation: Preparation,
  present: SignInRecord | undefined,
  challenge: AuthChallenge | undefined,
  options: SignInOptions
): Promise<Plan> {
  const { fetch, hosted } = preparation;
  const bearer = challenge
    ? parseBearerChallenge(challenge.wwwAuthenticate)
    : await requestChallenge(fetch, hosted);
  const choice = { issuer: options.issuer, preferred: present?.server?.issuer };
  const { server, resource, scopesSupported } = await discover(fetch, hosted, bearer, choice);
  // Credentials from another issuer are useless here and must not be sent to this one.
  const before = present?.server && isSameIssuer(present.server.issuer, server.issuer) ? present : undefined;
  if (present && !before) refuseForeignClient(preparation.client, present, server);
  const scopes = chooseScopes({
    challenged: bearer.scope,
    resource: scopesSupported,
    server: server.scopes_supported,
    before: before ? [...(before.scopes ?? []), ...(before.missingScopes ?? [])] : []
  });
  return { preparation, server, resource, scopes, before, options, rules: rulesFor(hosted) };
}

/**
 * Throws if the hosted server now names another authorization server than the one that a pre-registered
 * client belongs to, so that the client's secret isn't sent there (MCP authorization: authorization server
 * binding).
 */
function refuseForeignClient(
  { clientId }: ClientSettings,
  { client, server: former }: SignInRecord,
  server: ServerMetadata
): void {
  if (client?.source !== "pre-registered" || client.client_id !== clientId) return;
  throw new ImgwireError(
    "issuer_changed",
    `The client in IMGWIRE_CLIENT_ID belongs to ${former?.issuer}, but the server now names ${server.issuer}.`,
    {
      hint: "If that is right, run `imgwire logout`, set IMGWIRE_CLIENT_ID to its new value, and run `imgwire login`."
    }
  );
}

/**
 * Chooses between a browser redirect and a device code.
 * @param preferCode use a code if the server offers them, even if a browser can be opened
 * @throws ImgwireError `device_unsupported`
 */
export function chooseMethod(
  { preparation, server, options }: Plan,
  preferCode: boolean
): "device" | "loopback" {
  const isOffered = server.device_authorization_endpoint !== undefined;
  if (options.method === "device" && !isOffered) throw noDeviceCode(server);
  if (options.method) return options.method;
  return isOffered && (preferCode || whyNoBrowser(preparation.browser)) ? "device" : "loopback";
}

function noDeviceCode({ issuer }: ServerMetadata): ImgwireError {
  return new ImgwireError("device_unsupported", `${issuer} doesn't support signing in with a code.`, {
    hint: "Run `imgwire login` without --device, on the machine that has the browser."
  });
}

/**
 * Prepares a sign-in by browser: listens for the callback, gets a client and builds the link. A client that
 * was registered earlier is checked first, because servers lose registrations.
 * @throws ImgwireError as these steps do; the port is then closed
 */
export async function prepareLoopback(planned: Plan): Promise<Prepared> {
  const { preparation, before, scopes, rules, server, resource } = planned;
  const fixed = preparation.callbackPort;
  const former = portOfRedirect(before?.client?.redirect_uri) ?? 0;
  const callbacks = await listenForCallback({ port: fixed ?? former, exact: fixed !== undefined });
  const request = (client: RegisteredClient) =>
    authorizationRequest(
      { fetch: preparation.fetch, server, client, resource },
      scopes,
      callbacks.redirectUri,
      rules
    );
  try {
    let client = await clientFor(planned, callbacks.redirectUri);
    let { url, flow } = await request(client);
    if (client === before?.client && !(await isKnownClient(preparation.fetch, client, url, rules))) {
      client = await clientFor({ ...planned, before: undefined }, callbacks.redirectUri);
      ({ url, flow } = await request(client));
    }
    const expiresAt = Date.now() + (planned.options.timeoutMs ?? SIGN_IN_TIMEOUT_MS);
    const notice = newNotice({ method: "loopback", url, browserOpened: false, expiresAt });
    return { pending: toRecord(planned, client, notice, flow), notice, callbacks };
  } catch (error) {
    await callbacks.close();
    throw error;
  }
}

/**
 * Prepares a sign-in with a device code. If the server refuses to issue one, falls back to the browser unless
 * the user explicitly chose a code.
 * @throws ImgwireError as its steps do, `device_unsupported`
 */
export async function prepareDevice(planned: Plan): Promise<Prepared> {
  const { preparation, server, resource, scopes, rules, options, before } = planned;
  const client = await clientFor(planned, undefined);
  const byBrowser = (error: ImgwireError): Promise<Prepared> => {
    if (options.method === "device") throw error;
    return prepareLoopback(planned);
  };
  if (!mayUseDeviceGrant(client)) return byBrowser(noDeviceCode(server));
  const context = { fetch: preparation.fetch, server, client, resource };
  const device = await requestDeviceCode(context, scopes).catch((error: ImgwireError) => error);
  if (device instanceof TokenRefusedError && client === before?.client) {
    // The server has lost the registration, so register again.
    return prepareDevice({ ...planned, before: undefined });
  }
  if (device instanceof Error) {
    if (device.code === "device_refused") return byBrowser(device);
    throw device;
  }
  const plain = checkServerUrl(device.verificationUri, "The verification address", rules);
  const complete = device.verificationUriComplete;
  const url = complete ? checkServerUrl(complete, "The verification address", rules) : plain;
  const { deviceCode, userCode, intervalMs } = device;
  const expiresAt = Math.min(device.expiresAt, Date.now() + (options.timeoutMs ?? SIGN_IN_TIMEOUT_MS));
  const notice = newNotice({
    ...{ method: "device" as const, url: url.href, userCode, browserOpened: false },
    ...{ expiresAt, intervalMs, polledAt: Date.now() }
  });
  const flow = { method: "device" as const, deviceCode, intervalMs };
  return { pending: toRecord(planned, client, notice, flow), notice, callbacks: undefined };
}

/** @param redirectUri undefined if none will be used; a registration then names one with a free port */
async function clientFor(planned: Plan, redirectUri: string | undefined): Promise<RegisteredClient> {
  const { preparation, server, before } = planned;
  const configured = configuredClient(preparation.client, server);
  if (configured) return configured;
  if (before?.client && isReusable(before.client, redirectUri, Date.now())) return before.client;
  const redirect = redirectUri ?? (await freeRedirectUri());
  return register(preparation.fetch, server, redirect, preparation.version);
}

async function freeRedirectUri(): Promise<string> {
  const callbacks = await listenForCallback();
  await callbacks.close();
  return callbacks.redirectUri;
}

function toRecord(
  { server, resource, scopes }: Plan,
  client: RegisteredClient,
  { id, expiresAt }: Notice,
  flow: PendingRecord["flow"]
): PendingRecord {
  return {
    ...{ id, expiresAt, flow, client, scopes, server: toKnownServer(server) },
    ...(resource !== undefined && { resource })
  };
}
