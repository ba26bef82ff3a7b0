import { randomUUID } from "node:crypto";
import type { AuthorizationServer } from "oauth4webapi";
import { ImgwireError } from "../errors.ts";
import { type BrowserInputs, openBrowser, whyNoBrowser } from "../system/browser.ts";
import { fileKey } from "../system/file-key.ts";
import { rulesFor } from "../system/url.ts";
import type { Fetch } from "./fetch.ts";
import { type Challenge, parseBearerChallenge } from "./bearer-challenge.ts";
import { askChallenge, type Discovery, discover } from "./discovery.ts";
import { deviceFlow, type FlowOptions, loopbackFlow } from "./authorization-code.ts";
import { type Granted, isClientError } from "./grants.ts";
import { startOrJoin } from "./shared-sign-in.ts";
import { listen, portOfRedirect } from "./callback-server.ts";
import { isSameIssuer } from "./metadata.ts";
import type { KnownServer, RegisteredClient, SignInRecord } from "./record.ts";
import { type RecordStore, statePath } from "./record-store.ts";
import { isSignedIn } from "./renewal.ts";
import { type ClientSettings, configuredClient, isReusable, register } from "./registration.ts";
import { chooseScopes } from "./scopes.ts";
import { toTokenSet } from "./tokens.ts";
import type { AuthChallenge, PendingSignIn } from "../authorization.ts";

/** How to sign in. */
export interface SignInOptions {
  /** Left out, it is chosen: loopback where a browser can be opened, else device code where the server offers it. */
  method?: "device" | "loopback";
  /** Milliseconds that the link works; default ten minutes. */
  timeoutMs?: number;
  /** Sign in again although somebody is signed in. */
  again?: boolean;
  signal?: AbortSignal;
}

/** What signing in needs. */
export interface SignInParts {
  hosted: URL;
  stateDir: string;
  records: RecordStore;
  ask: Fetch;
  client: ClientSettings;
  browser: BrowserInputs;
  version: string;
}

type Server = AuthorizationServer & KnownServer;

const LIFETIME_MS = 10 * 60_000;

/**
 * Starts the machine's one sign-in, or joins it; done at once when a usable token is there by now.
 * @param refusal the challenge that made it necessary, where there was one
 */
export async function startSignIn(
  parts: SignInParts,
  refusal: AuthChallenge | undefined,
  options: SignInOptions,
  signal: AbortSignal
): Promise<PendingSignIn> {
  const { records, stateDir, hosted } = parts;
  const outdated = options.again ? (records.indexed()?.generation ?? 0) : 0;
  const isUsable = (record: SignInRecord | undefined): boolean =>
    isSignedIn(record) && record.generation > outdated && record.tokens.access_token !== refusal?.token;
  const begin = async (): Promise<PendingSignIn> => {
    const present = await records.read();
    return isUsable(present) ? alreadyDone(hosted) : run(parts, present, refusal, options, signal);
  };
  if (options.method !== undefined || (await records.store()).kind === "memory") return begin();
  return startOrJoin({
    lock: statePath(stateDir, hosted.href, "signin.lock"),
    notice: statePath(stateDir, hosted.href, "signin.json"),
    begin,
    isDone: async () => isUsable(await records.read()),
    timeoutMs: options.timeoutMs ?? LIFETIME_MS,
    signal
  });
}

function alreadyDone(hosted: URL): PendingSignIn {
  return {
    method: "loopback",
    url: hosted.href,
    userCode: undefined,
    browserOpened: false,
    expiresAt: Date.now(),
    completed: Promise.resolve()
  };
}

async function run(
  parts: SignInParts,
  present: SignInRecord | undefined,
  refusal: AuthChallenge | undefined,
  options: SignInOptions,
  signal: AbortSignal
): Promise<PendingSignIn> {
  const { ask, hosted } = parts;
  const challenge = refusal ? parseBearerChallenge(refusal.wwwAuthenticate) : await askChallenge(ask, hosted);
  const found = await discover(ask, hosted, challenge);
  // What another issuer gave means nothing here, and must not be shown to this one.
  const before = present && isSameIssuer(present.server.issuer, found.server.issuer) ? present : undefined;
  const scopes = scopesFor(challenge, found, options.again ? undefined : before);
  const server = found.server as Server;
  if (present && !before) refuseForeignClient(parts.client, present, server);
  const begun: Begun = { parts, found, server, before, scopes, options, signal };
  return chooseMethod(begun) === "device" ? viaDevice(begun) : viaLoopback(begun);
}

/**
 * A pre-registered client is known to one authorization server only. When the hosted server names another one than
 * it did, the secret is not shown to that (MCP authorization, authorization server binding).
 */
function refuseForeignClient({ clientId }: ClientSettings, present: SignInRecord, server: Server): void {
  const { source, client_id } = present.client;
  if (source !== "pre-registered" || client_id !== clientId) return;
  throw new ImgwireError(
    "issuer_changed",
    `The client in IMGWIRE_CLIENT_ID belongs to ${present.server.issuer}, but the hosted server now names ${server.issuer}.`,
    { hint: "If that is right, run `imgwire logout`, set IMGWIRE_CLIENT_ID anew, and run `imgwire login`." }
  );
}

/** A sign-in whose server is known. */
interface Begun {
  parts: SignInParts;
  found: Discovery;
  server: Server;
  before: SignInRecord | undefined;
  scopes: string[];
  options: SignInOptions;
  signal: AbortSignal;
}

function scopesFor(challenge: Challenge, found: Discovery, before: SignInRecord | undefined): string[] {
  return chooseScopes({
    challenged: challenge.scope,
    resource: found.scopesSupported,
    server: found.server.scopes_supported,
    before: before?.scopes ?? []
  });
}

function chooseMethod({ parts, server, options }: Begun): "device" | "loopback" {
  const offered = server.device_authorization_endpoint !== undefined;
  if (options.method === "device" && !offered) {
    throw new ImgwireError("device_unsupported", `${server.issuer} offers no sign-in by device code.`, {
      hint: "Run `imgwire login` without --device, in a session of the machine that has the browser."
    });
  }
  if (options.method) return options.method;
  return offered && whyNoBrowser(parts.browser) ? "device" : "loopback";
}

async function viaLoopback(begun: Begun): Promise<PendingSignIn> {
  const listener = await listen(portOfRedirect(begun.before?.client.redirect_uri));
  try {
    const client = await clientFor(begun, listener.redirectUri);
    return await loopbackFlow(flowOptions(begun, client), listener);
  } catch (error) {
    listener.close();
    throw error;
  }
}

async function viaDevice(begun: Begun): Promise<PendingSignIn> {
  const client = await clientFor(begun, undefined);
  try {
    return await deviceFlow(flowOptions(begun, client));
  } catch (error) {
    const isForgotten = error instanceof ImgwireError && isClientError(error.code);
    if (!isForgotten || client !== begun.before?.client) throw error;
    // Servers forget registrations that are not in use; a new one is all it takes.
    return viaDevice({ ...begun, before: undefined });
  }
}

/** @param redirectUri undefined where none will be used; a registration then names a port that was free just now */
async function clientFor(begun: Begun, redirectUri: string | undefined): Promise<RegisteredClient> {
  const { parts, server, before } = begun;
  const configured = configuredClient(parts.client, server);
  if (configured) return configured;
  if (before && isReusable(before.client, redirectUri, Date.now())) return before.client;
  return register(parts.ask, server, redirectUri ?? (await freeRedirectUri()), parts.version);
}

async function freeRedirectUri(): Promise<string> {
  const listener = await listen();
  listener.close();
  return listener.redirectUri;
}

function flowOptions(begun: Begun, client: RegisteredClient): FlowOptions {
  const { parts, found, server, scopes, options, signal } = begun;
  const rules = rulesFor(parts.hosted);
  return {
    context: { ask: parts.ask, server, client, resource: found.resource },
    scopes,
    rules,
    keep: (granted) => keep(begun, client, granted),
    open: (url) => openBrowser(url, rules, parts.browser),
    timeoutMs: options.timeoutMs ?? LIFETIME_MS,
    signal: options.signal ? AbortSignal.any([signal, options.signal]) : signal
  };
}

async function keep(
  { parts, found, server, scopes }: Begun,
  client: RegisteredClient,
  granted: Granted
): Promise<void> {
  await parts.records.exclusively((present, save) =>
    save({
      version: 1,
      server: toKnown(server),
      client,
      ...(found.resource !== undefined && { resource: found.resource }),
      scopes,
      generation: (present?.generation ?? 0) + 1,
      account: accountOf(server.issuer, granted.subject),
      tokens: toTokenSet(granted, Date.now())
    })
  );
}

function toKnown(server: Server): KnownServer {
  const {
    issuer,
    token_endpoint,
    revocation_endpoint,
    token_endpoint_auth_methods_supported: methods
  } = server;
  return {
    issuer,
    token_endpoint,
    ...(revocation_endpoint !== undefined && { revocation_endpoint }),
    ...(methods && { token_endpoint_auth_methods_supported: methods })
  };
}

function accountOf(issuer: string, subject: string | undefined): string {
  return subject === undefined ? randomUUID() : fileKey(`${issuer}\n${subject}`);
}
