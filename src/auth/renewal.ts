import type { AuthorizationServer } from "oauth4webapi";
import { ImgwireError, SignInNeededError, UnreachableError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Fetch } from "./fetch.ts";
import { currentIssuers } from "./discovery.ts";
import { type GrantContext, isFinal, refresh } from "./grants.ts";
import { isSameIssuer } from "./metadata.ts";
import type { SignInRecord } from "./record.ts";
import type { RecordStore, Save } from "./record-store.ts";
import { toTokenSet } from "./tokens.ts";

/** A record that holds tokens. */
export type SignedIn = SignInRecord & { tokens: NonNullable<SignInRecord["tokens"]> };

export function isSignedIn(record: SignInRecord | undefined): record is SignedIn {
  return record?.tokens !== undefined;
}

/** What renewing needs. */
export interface RenewalOptions {
  records: RecordStore;
  ask: Fetch;
  hosted: URL;
  log: Log;
}

/**
 * Replaces the tokens of a record by newer ones: those that another process has fetched meanwhile, else by redeeming
 * the refresh token. It all happens under the machine's lock, so that a rotating refresh token is redeemed once.
 *
 * @param own the record whose access token expires or was refused
 * @throws SignInNeededError when the sign-in has ended; UnreachableError when the server fails, which costs nothing
 */
export async function renew(options: RenewalOptions, own: SignedIn): Promise<SignedIn> {
  const { records, log } = options;
  try {
    return await records.exclusively(async (stored, save) => {
      // What this process could not store is newer than what is stored.
      const present = stored && stored.generation < own.generation ? own : stored;
      if (!isSignedIn(present)) throw new SignInNeededError("Nobody is signed in any more.");
      if (present.tokens.access_token !== own.tokens.access_token) return present;
      const next = await redeem(options, present, save);
      await save(next).catch((error: Error) =>
        log.error(`The renewed sign-in could not be kept: ${error.message}`)
      );
      return next;
    });
  } catch (error) {
    throw error instanceof ImgwireError && error.code === "lock_timeout" ? busy(error) : error;
  }
}

async function redeem(options: RenewalOptions, present: SignedIn, save: Save): Promise<SignedIn> {
  const { refresh_token: token } = present.tokens;
  if (token === undefined) return end(present, save, "The sign-in has expired.");
  try {
    const granted = await refresh(contextOf(options.ask, present), token);
    const tokens = toTokenSet(granted, Date.now(), present.tokens);
    return { ...present, generation: present.generation + 1, tokens };
  } catch (error) {
    if (isFinal(error)) return refused(options, present, save, error);
    if (error instanceof UnreachableError && (await hasMoved(options, present))) {
      return end(present, save, "The hosted server now uses another authorization server.");
    }
    throw error;
  }
}

/** A refresh token was refused for good. Somebody who does not heed the lock may have put a newer one there. */
async function refused(
  { records }: RenewalOptions,
  present: SignedIn,
  save: Save,
  error: ImgwireError
): Promise<SignedIn> {
  const newer = await records.read();
  if (isSignedIn(newer) && newer.tokens.refresh_token !== present.tokens.refresh_token) return newer;
  const unknownClient = error.code !== "invalid_grant" && present.client.source === "dynamic";
  if (!unknownClient) return end(present, save, "The sign-in has ended.", error);
  await save(undefined);
  throw new SignInNeededError("The server no longer knows this program.", { cause: error });
}

/** Removes the tokens that were refused and keeps the client registration for the next sign-in. */
async function end(present: SignedIn, save: Save, message: string, cause?: unknown): Promise<never> {
  await save({ ...present, generation: present.generation + 1, tokens: undefined });
  throw new SignInNeededError(message, { cause });
}

/** Whether the hosted server names other authorization servers by now; a failing one is then not waited for. */
async function hasMoved({ ask, hosted }: RenewalOptions, { server }: SignedIn): Promise<boolean> {
  const issuers = await currentIssuers(ask, hosted).catch(() => undefined);
  return Boolean(issuers?.length) && !issuers?.some((issuer) => isSameIssuer(issuer, server.issuer));
}

function contextOf(ask: Fetch, { server, client, resource }: SignInRecord): GrantContext {
  return { ask, server: server as AuthorizationServer & SignInRecord["server"], client, resource };
}

function busy(cause: ImgwireError): UnreachableError {
  return new UnreachableError("Another process is still renewing the sign-in.", {
    hint: cause.hint ?? "Try again.",
    cause
  });
}
