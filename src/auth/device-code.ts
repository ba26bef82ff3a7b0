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

/** A device authorization response (RFC 8628 section 3.2). */
export interface DeviceAuthorization {
  deviceCode: string;
  userCode: string;
  verificationUri: string;
  /** The same URI with the code included, if the server provides it. */
  verificationUriComplete: string | undefined;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  intervalMs: number;
}

/** RFC 8628 section 3.2: five seconds if the server doesn't say. */
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
 * Requests a device code. A missing or unreasonable lifetime or interval is replaced by a reasonable one.
 * @throws TokenRefusedError if the server refuses the client; ImgwireError `device_refused`; UnreachableError
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

/** The state of polling for a device code. */
export interface Polling {
  deviceCode: string;
  intervalMs: number;
  /** Time of the last poll, by this or another process, in milliseconds since the epoch. */
  polledAt: number;
  expiresAt: number;
}

/**
 * Polls until the user has confirmed the code, even while the server can't be reached.
 * @param onPoll called after each poll without a result
 * @throws as {@link pollOnce} does; SignInNeededError when the code has expired; AbortError if `signal` is
 *   aborted
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
 * Polls once. `slow_down` permanently adds five seconds to the interval (RFC 8628 section 3.5).
 * @returns the tokens, or the state for the next poll
 * @throws SignInNeededError if the user declined or the code has expired; TokenRefusedError
 */
export async function pollOnce(context: GrantContext, polling: Polling): Promise<Granted | Polling> {
  try {
    return await redeemDeviceCode(context, polling.deviceCode);
  } catch (error) {
    const added = classifyPollError(error);
    return { ...polling, polledAt: Date.now(), intervalMs: polling.intervalMs + added };
  }
}

/**
 * Returns the milliseconds to add to the interval after a failed poll; throws if polling again is useless.
 */
function classifyPollError(error: unknown): number {
  if (error instanceof UnreachableError) return 0;
  if (!(error instanceof TokenRefusedError)) throw error;
  if (error.code === "authorization_pending") return 0;
  if (error.code === "slow_down") return SLOW_DOWN_MS;
  if (error.code === "access_denied")
    throw new SignInNeededError("Sign-in cancelled: access was denied, so nothing was connected.", {
      cause: error
    });
  if (error.code === "expired_token" || error.code === "invalid_grant") throw expired(error);
  throw error;
}

function expired(cause?: unknown): SignInNeededError {
  return new SignInNeededError("The code wasn't confirmed in time.", { cause });
}

function refused(issuer: string, status: number, content: Record<string, unknown> = {}): ImgwireError {
  if (status >= 500) return new UnreachableError(`${issuer} answered with status ${status}.`);
  const reason = formatServerText(content["error_description"] ?? content["error"]);
  const message = `${issuer} didn't issue a device code (status ${status})${reason}.`;
  const code = content["error"];
  if (isClientError(code) || status === 401) {
    const name = isClientError(code) ? code : "invalid_client";
    return new TokenRefusedError(name, message, { hint: hintFor(name) });
  }
  return new ImgwireError("device_refused", message, {
    hint: "Sign in with a browser instead: run `imgwire login` on a machine that has one."
  });
}
