import { setTimeout as delay } from "node:timers/promises";
import * as oauth from "oauth4webapi";
import * as z from "zod";
import { ImgwireError, SignInNeededError, UnreachableError } from "../errors.ts";
import { asOauthClient, clientAuthentication } from "./client-authentication.ts";
import { oauthOptions, readJsonObject } from "./fetch.ts";
import { type GrantContext, type Granted, redeemDeviceCode } from "./grants.ts";
import type { ServerMetadata } from "./metadata.ts";
import { formatServerText } from "./server-text.ts";
import { hintFor, isClientError, TokenRefusedError } from "./token-errors.ts";

/** A device authorization that waits for the user (RFC 8628 section 3.2). */
export interface DeviceAuthorization {
  deviceCode: string;
  userCode: string;
  verificationUri: string;
  /** The same with the code in it, if the server offers that. */
  verificationUriComplete: string | undefined;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  intervalMs: number;
}

/** RFC 8628 section 3.2: five seconds if the server does not say. */
const DEFAULT_INTERVAL_S = 5;
const MIN_INTERVAL_S = 1;
const MAX_INTERVAL_S = 60;
const SLOW_DOWN_MS = 5_000;
const DEFAULT_LIFETIME_S = 600;
const MAX_LIFETIME_S = 1_800;

const responseSchema = z.object({
  device_code: z.string().min(1),
  user_code: z.string().min(1).max(64),
  verification_uri: z.string().min(1),
  verification_uri_complete: z.string().min(1).optional().catch(undefined),
  expires_in: z.number().positive().max(MAX_LIFETIME_S).catch(DEFAULT_LIFETIME_S),
  interval: z.number().positive().catch(DEFAULT_INTERVAL_S)
});

/**
 * Requests a device code. A lifetime or an interval that makes no sense is replaced by a sensible one.
 * @throws ImgwireError `device_refused`, or `invalid_client` if the server does not know the client;
 *   UnreachableError
 */
export async function requestDeviceCode(
  { fetch, server, client, resource }: GrantContext & { server: ServerMetadata },
  scopes: readonly string[]
): Promise<DeviceAuthorization> {
  const response = await oauth.deviceAuthorizationRequest(
    server,
    asOauthClient(client),
    clientAuthentication(server, client),
    { ...(scopes.length && { scope: scopes.join(" ") }), ...(resource !== undefined && { resource }) },
    oauthOptions(fetch)
  );
  const content = await readJsonObject(response);
  const parsed = responseSchema.safeParse(content);
  if (!response.ok || !parsed.success) throw refused(server.issuer, response.status, content);
  const device = parsed.data;
  return {
    deviceCode: device.device_code,
    userCode: device.user_code,
    verificationUri: device.verification_uri,
    verificationUriComplete: device.verification_uri_complete,
    expiresAt: Date.now() + device.expires_in * 1_000,
    intervalMs: Math.min(Math.max(device.interval, MIN_INTERVAL_S), MAX_INTERVAL_S) * 1_000
  };
}

/** What is polled for, and how often. */
export interface Polling {
  deviceCode: string;
  intervalMs: number;
  /** When the last poll was made, in milliseconds since the epoch: also by another process. */
  polledAt: number;
  expiresAt: number;
}

/**
 * Polls until the user has confirmed the code. A server that cannot be reached is polled on.
 * @param onPoll is told about each poll that brought nothing yet
 * @throws as {@link pollOnce} does; SignInNeededError when the code has expired; whatever `signal` was
 *   aborted with
 */
export async function pollDeviceCode(
  context: GrantContext,
  polling: Polling,
  onPoll: (polling: Polling) => Promise<void>,
  signal: AbortSignal
): Promise<Granted> {
  let current = polling;
  while (Date.now() < current.expiresAt) {
    const dueIn = current.polledAt + current.intervalMs - Date.now();
    await delay(Math.max(0, Math.min(dueIn, current.expiresAt - Date.now())), undefined, { signal });
    const outcome = await pollOnce(context, current);
    if ("access_token" in outcome) return outcome;
    current = outcome;
    await onPoll(current);
  }
  throw expired();
}

/**
 * Polls once. `slow_down` adds five seconds to the interval for good (RFC 8628 section 3.5).
 * @returns what was granted, or how to go on polling
 * @throws SignInNeededError when the user declined or the code has expired; TokenRefusedError
 */
export async function pollOnce(context: GrantContext, polling: Polling): Promise<Granted | Polling> {
  try {
    return await redeemDeviceCode(context, polling.deviceCode);
  } catch (error) {
    const added = classifyPollError(error);
    return { ...polling, polledAt: Date.now(), intervalMs: polling.intervalMs + added };
  }
}

/** Milliseconds to add to the interval after a failed poll; throws if polling on is useless. */
function classifyPollError(error: unknown): number {
  if (error instanceof UnreachableError) return 0;
  if (!(error instanceof TokenRefusedError)) throw error;
  if (error.code === "authorization_pending") return 0;
  if (error.code === "slow_down") return SLOW_DOWN_MS;
  if (error.code === "access_denied")
    throw new SignInNeededError("Sign-in cancelled: it was denied, so nothing was connected.", {
      cause: error
    });
  if (error.code === "expired_token" || error.code === "invalid_grant") throw expired(error);
  throw error;
}

function expired(cause?: unknown): SignInNeededError {
  return new SignInNeededError("The code was not confirmed in time.", { cause });
}

function refused(issuer: string, status: number, content: Record<string, unknown> = {}): ImgwireError {
  if (status >= 500) return new UnreachableError(`${issuer} answered with status ${status}.`);
  const said = formatServerText(content["error_description"] ?? content["error"]);
  const message = `${issuer} gave no device code (status ${status})${said}.`;
  const code = content["error"];
  if (isClientError(code) || status === 401) {
    const name = isClientError(code) ? code : "invalid_client";
    return new TokenRefusedError(name, message, { hint: hintFor(name) });
  }
  return new ImgwireError("device_refused", message, {
    hint: "Sign in with a browser instead: run `imgwire login` on a machine that has one."
  });
}
