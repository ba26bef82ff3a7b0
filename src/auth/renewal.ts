import { ImgwireError, SignInNeededError, UnreachableError } from "../errors.ts";
import type { Log } from "../log.ts";
import { currentIssuers } from "./discovery.ts";
import type { Fetch } from "./fetch.ts";
import { refresh } from "./grants.ts";
import { isSameIssuer } from "./metadata.ts";
import type { SignInRecord } from "./record.ts";
import type { RecordStore, Save } from "./record-store.ts";
import { isClientError, TokenRefusedError } from "./token-errors.ts";
import { toTokenSet } from "./tokens.ts";

/** A record with tokens. */
export type SignedIn = SignInRecord & { tokens: NonNullable<SignInRecord["tokens"]> };

export function isSignedIn(record: SignInRecord | undefined): record is SignedIn {
  return record?.tokens !== undefined;
}

/** What renewing needs. */
export interface RenewalOptions {
  records: RecordStore;
  fetch: Fetch;
  hosted: URL;
  log: Log;
  /** Called with each access token that this process itself obtained, rather than found in the store. */
  onRedeemed?: (accessToken: string) => void;
}

/** Another process has replaced the record while this one was waiting for the lock. */
class ReplacedError extends Error {}

/**
 * Returns a record with newer tokens: those that another process has stored meanwhile, else those obtained by
 * redeeming the refresh token. The record's lock ensures that a rotating refresh token is redeemed only once.
 * All processes that are waiting for the lock stop waiting as soon as new tokens are stored.
 *
 * @param own the record whose access token is expiring or was refused
 * @throws SignInNeededError if the sign-in has ended; UnreachableError if the server fails, in which case the
 *   sign-in remains
 */
export async function renew(options: RenewalOptions, own: SignedIn): Promise<SignedIn> {
  const { records } = options;
  try {
    return await renewLocked(options, own, () => {
      if ((records.indexed()?.generation ?? 0) > own.generation) throw new ReplacedError();
    });
  } catch (error) {
    if (!(error instanceof ReplacedError)) throw error;
    const stored = await records.read();
    return isSignedIn(stored) && isNewer(stored, own) ? stored : renewLocked(options, own);
  }
}

async function renewLocked(options: RenewalOptions, own: SignedIn, check?: () => void): Promise<SignedIn> {
  const { records, log } = options;
  const replace = async (stored: SignInRecord | undefined, save: Save): Promise<SignedIn> => {
    // If this process failed to save its tokens, they are newer than the stored ones.
    const present = stored && stored.generation < own.generation ? own : stored;
    if (!isSignedIn(present)) throw new SignInNeededError("You're no longer signed in.");
    if (isNewer(present, own)) return present;
    const next = await redeem(options, present, save);
    await save(next).catch((error: Error) =>
      log.error(`The renewed sign-in could not be saved: ${error.message}`)
    );
    return next;
  };
  try {
    return await records.exclusively(replace, check);
  } catch (error) {
    throw error instanceof ImgwireError && error.code === "lock_timeout" ? busy(error) : error;
  }
}

function isNewer(stored: SignedIn, own: SignedIn): boolean {
  return stored.generation >= own.generation && stored.tokens.access_token !== own.tokens.access_token;
}

async function redeem(options: RenewalOptions, present: SignedIn, save: Save): Promise<SignedIn> {
  const { server, client, resource, tokens } = present;
  if (!server || !client) throw replaceToken();
  if (tokens.refresh_token === undefined) return end(present, save, "Your sign-in has expired.");
  try {
    const context = { fetch: options.fetch, server, client, resource };
    const granted = await refresh(context, tokens.refresh_token);
    options.onRedeemed?.(granted.access_token);
    return {
      ...present,
      generation: present.generation + 1,
      tokens: toTokenSet(granted, Date.now(), tokens)
    };
  } catch (error) {
    if (error instanceof TokenRefusedError) return refused(options, present, save, error);
    if (!(error instanceof UnreachableError)) throw error;
    if (await hasMoved(options, server.issuer))
      return end(present, save, "Imgwire now uses another authorization server.");
    throw error.with({ hint: `${error.hint ?? "Try again later."} You are still signed in.` });
  }
}

/**
 * Handles a refused refresh token. A process that ignores the lock may have stored a newer one. Tokens are
 * removed only if the server will never accept them again; otherwise they stay until a sign-in replaces them.
 */
async function refused(
  { records }: RenewalOptions,
  present: SignedIn,
  save: Save,
  error: TokenRefusedError
): Promise<SignedIn> {
  const newer = await records.read();
  if (isSignedIn(newer) && newer.tokens.refresh_token !== present.tokens.refresh_token) return newer;
  if (isClientError(error.code) && present.client?.source === "dynamic") {
    await save(undefined);
    throw new SignInNeededError("The authorization server no longer knows this program.", { cause: error });
  }
  if (error.code === "invalid_grant" || isClientError(error.code))
    return end(present, save, "Your sign-in has ended.", error);
  throw new SignInNeededError(`Your sign-in could not be renewed: ${error.message}`, { cause: error });
}

/** Removes the tokens, but keeps the client registration for the next sign-in. */
async function end(present: SignedIn, save: Save, message: string, cause?: unknown): Promise<never> {
  await save({ ...present, generation: present.generation + 1, tokens: undefined });
  throw new SignInNeededError(message, { cause });
}

/** The error for an access token that the user provided: only the user can replace it. */
function replaceToken(): SignInNeededError {
  return new SignInNeededError("The access token that you stored is no longer accepted.", {
    hint: "Run `imgwire login`, or pipe a new token into `imgwire login --with-token`."
  });
}

/** Whether the hosted server now names other authorization servers, so that a failing one is obsolete. */
async function hasMoved({ fetch, hosted }: RenewalOptions, issuer: string): Promise<boolean> {
  const issuers = await currentIssuers(fetch, hosted).catch(() => undefined);
  return Boolean(issuers?.length) && !issuers?.some((each) => isSameIssuer(each, issuer));
}

function busy(cause: ImgwireError): UnreachableError {
  return new UnreachableError("Another imgwire process is still renewing the sign-in.", {
    hint: cause.hint ?? "Try again.",
    cause
  });
}
