import { setTimeout as delay } from "node:timers/promises";
import * as oauth from "oauth4webapi";
import * as z from "zod";
import { ImgwireError, SignInNeededError, UnreachableError } from "../errors.ts";
import { readJsonObject, oauthOptions } from "./fetch.ts";
import {
  asOauthClient,
  type GrantContext,
  type Granted,
  hintFor,
  isClientError,
  redeemDeviceCode
} from "./grants.ts";
import { formatServerText } from "./server-text.ts";
import { clientAuthentication } from "./registration.ts";

/** A device authorization that waits for the user (RFC 8628 section 3.2). */
export interface DeviceAuthorization {
  deviceCode: string;
  userCode: string;
  verificationUri: string;
  /** The same with the code in it, where the server offers that. */
  verificationUriComplete: string | undefined;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  intervalMs: number;
}

const DEFAULT_INTERVAL_S = 5;
const LONGEST_INTERVAL_S = 60;
const SLOW_DOWN_MS = 5_000;
const DEFAULT_LIFETIME_S = 600;
const LONGEST_LIFETIME_S = 1_800;

const responseSchema = z.object({
  device_code: z.string().min(1),
  user_code: z.string().min(1).max(64),
  verification_uri: z.string(),
  verification_uri_complete: z.string().optional().catch(undefined),
  expires_in: z.number().positive().max(LONGEST_LIFETIME_S).catch(DEFAULT_LIFETIME_S),
  interval: z.number().positive().catch(DEFAULT_INTERVAL_S)
});

/**
 * Asks for a device code. A lifetime or interval that makes no sense is replaced by a sensible one.
 * @throws ImgwireError `device_refused`, or `invalid_client` where the server does not know the client; UnreachableError
 */
export async function requestDeviceCode(
  context: GrantContext,
  scopes: readonly string[]
): Promise<DeviceAuthorization> {
  const { ask, server, client, resource } = context;
  const response = await oauth.deviceAuthorizationRequest(
    server,
    asOauthClient(client),
    clientAuthentication(server, client),
    { ...(scopes.length && { scope: scopes.join(" ") }), ...(resource !== undefined && { resource }) },
    oauthOptions(ask)
  );
  const content = await readJsonObject(response);
  const parsed = responseSchema.safeParse(content);
  if (!response.ok || !parsed.success) throw refused(server, response.status, content);
  const { device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval } =
    parsed.data;
  return {
    deviceCode: device_code,
    userCode: user_code,
    verificationUri: verification_uri,
    verificationUriComplete: verification_uri_complete,
    expiresAt: Date.now() + expires_in * 1_000,
    intervalMs: Math.min(interval, LONGEST_INTERVAL_S) * 1_000
  };
}

/**
 * Asks again and again until the user has confirmed the code. An unreachable server is asked on; `slow_down` adds
 * five seconds for good (RFC 8628 section 3.5).
 * @throws SignInNeededError when the user refused, or the code has expired; whatever `signal` was aborted with
 */
export async function pollDeviceCode(
  context: GrantContext,
  device: DeviceAuthorization,
  signal: AbortSignal
): Promise<Granted> {
  let interval = device.intervalMs;
  while (Date.now() < device.expiresAt) {
    await delay(Math.min(interval, Math.max(0, device.expiresAt - Date.now())), undefined, { signal });
    try {
      return await redeemDeviceCode(context, device.deviceCode);
    } catch (error) {
      interval += classifyPollError(error);
    }
  }
  throw expired();
}

/** Milliseconds to add to the interval after a refused poll; throws when polling on is useless. */
function classifyPollError(error: unknown): number {
  if (error instanceof UnreachableError) return 0;
  if (!(error instanceof ImgwireError)) throw error;
  if (error.code === "authorization_pending") return 0;
  if (error.code === "slow_down") return SLOW_DOWN_MS;
  if (error.code === "access_denied")
    throw new SignInNeededError("The sign-in was declined.", { cause: error });
  if (error.code === "expired_token" || error.code === "invalid_grant") throw expired(error);
  throw error;
}

function expired(cause?: unknown): SignInNeededError {
  return new SignInNeededError("The code was not confirmed in time.", { cause });
}

function refused(
  { issuer }: oauth.AuthorizationServer,
  status: number,
  content: Record<string, unknown> = {}
): ImgwireError {
  if (status >= 500) return new UnreachableError(`${issuer} answered with status ${status}.`);
  const said = formatServerText(content["error_description"] ?? content["error"]);
  const message = `${issuer} gave no device code (status ${status})${said}.`;
  const code = content["error"];
  if (isClientError(code)) return new ImgwireError(code, message, { hint: hintFor(code) });
  return new ImgwireError("device_refused", message, {
    hint: "Sign in with a browser instead: `imgwire login` on a machine that has one."
  });
}
