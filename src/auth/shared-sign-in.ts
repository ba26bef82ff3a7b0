import { setTimeout as delay } from "node:timers/promises";
import type { PendingSignIn } from "../authorization.ts";
import { ImgwireError, InterruptedError, SignInNeededError } from "../errors.ts";
import { withLock } from "../system/lock.ts";
import {
  fromFailure,
  type Notice,
  readLiveNotice,
  readNotice,
  removeNotice,
  toFailure,
  toPending,
  writeNotice
} from "./sign-in-notice.ts";
import { TokenRefusedError } from "./token-errors.ts";

/** A sign-in that this process can finish. */
export interface Runnable {
  notice: Notice;
  /**
   * Waits for the user and stores the tokens.
   * @param update publishes changes to the other processes
   */
  run(update: (changes: Partial<Notice>) => Promise<void>): Promise<void>;
}

/** How the processes of a machine share one sign-in. */
export interface SharedSignInOptions {
  /** Path of the lock. The process that holds it waits for the user, on behalf of all. */
  lock: string;
  /** Path of the notice. */
  notice: string;
  /**
   * Starts a sign-in; returns undefined if usable tokens have been stored meanwhile.
   * @param abandoned a sign-in whose process has ended and that couldn't be resumed
   */
  begin(abandoned: Notice | undefined): Promise<Runnable | undefined>;
  /** Resumes a sign-in in this process; returns undefined if that isn't possible. */
  resume(notice: Notice): Promise<Runnable | undefined>;
  /** Shows this process's user a sign-in that another process started. */
  show(notice: Notice): Promise<Notice>;
  /** Removes a failed sign-in from the credential store. */
  discard(): Promise<void>;
  /** Whether usable tokens have been stored meanwhile. */
  isDone(): Promise<boolean>;
  /** The result if there is nothing to wait for. */
  done(): PendingSignIn;
  /** Aborted when this process stops participating. */
  signal: AbortSignal;
}

const POLL_INTERVAL_MS = 200;
/** How long to keep waiting for the owner after the link has expired. */
const OWNER_TIMEOUT_MS = 30_000;

/**
 * Starts this machine's sign-in, or joins the one in progress. It belongs to the machine: the process that
 * holds the lock waits for the user. If that process ends, however suddenly, another waiting process or the
 * next one to start continues, with the same link if possible.
 */
export async function startOrJoin(options: SharedSignInOptions): Promise<PendingSignIn> {
  for (;;) {
    const pending = (await own(options)) ?? (await join(options));
    if (pending) return pending;
    await delay(POLL_INTERVAL_MS, undefined, { signal: options.signal });
  }
}

/**
 * Becomes the owner of the sign-in; resolves with undefined if another process is. Holds the lock until the
 * sign-in is over, but resolves as soon as it has begun: `completed` settles when the lock is released.
 */
function own(options: SharedSignInOptions): Promise<PendingSignIn | undefined> {
  return new Promise((resolve, reject) => {
    let isOwner = false;
    const hold = async (): Promise<void> => {
      isOwner = true;
      const runnable = await beginOrResume(options);
      if (!runnable) return resolve(options.done());
      await writeNotice(options.notice, runnable.notice);
      held.catch(() => undefined);
      resolve(toPending(runnable.notice, held));
      await finish(options, runnable);
    };
    const held = withLock(options.lock, hold, { timeoutMs: 0, signal: options.signal });
    held.catch((error: Error) => (isTaken(error) && !isOwner ? resolve(undefined) : reject(error)));
  });
}

/**
 * Resumes an abandoned sign-in with a device code. An abandoned loopback sign-in starts over, preferably with
 * a device code, because that one outlives its process.
 */
async function beginOrResume(options: SharedSignInOptions): Promise<Runnable | undefined> {
  const left = readLiveNotice(options.notice);
  const abandoned = left?.cancelled ? undefined : left;
  const resumed = abandoned?.method === "device" ? await options.resume(abandoned) : undefined;
  return resumed ?? options.begin(abandoned);
}

/** Runs a sign-in to its end. If it fails, the notice tells the processes that joined why. */
async function finish(options: SharedSignInOptions, runnable: Runnable): Promise<void> {
  let { notice } = runnable;
  const update = async (changes: Partial<Notice>): Promise<void> => {
    notice = { ...notice, ...changes };
    await writeNotice(options.notice, notice);
  };
  try {
    await runnable.run(update);
    await removeNotice(options.notice);
  } catch (error) {
    await stopAfter(options, error, update);
    throw error;
  }
}

/** Ends a sign-in that failed, unless only this process has to stop: the others can then continue. */
async function stopAfter(
  options: SharedSignInOptions,
  error: unknown,
  update: (changes: Partial<Notice>) => Promise<void>
): Promise<void> {
  if (error instanceof InterruptedError) return update({ cancelled: true });
  if (options.signal.aborted) return;
  await update({ failure: toFailure(error) });
  await options.discard();
}

/** Joins the sign-in in progress; undefined until its owner has written the notice. */
async function join(options: SharedSignInOptions): Promise<PendingSignIn | undefined> {
  const notice = readLiveNotice(options.notice);
  if (!notice) return undefined;
  const shown = await options.show(notice);
  const completed = waitForOwner(options, notice);
  completed.catch(() => undefined);
  return toPending(shown, completed);
}

/** Waits until the owner releases the lock, then continues the sign-in if it isn't over. */
async function waitForOwner(options: SharedSignInOptions, joined: Notice): Promise<void> {
  const timeoutMs = joined.expiresAt - Date.now() + OWNER_TIMEOUT_MS;
  const proceed = async (): Promise<void> => {
    if (await options.isDone()) return;
    const left = readNotice(options.notice);
    if (left?.failure) throw fromFailure(left.failure);
    const runnable = left && (await options.resume(left));
    if (!runnable) throw new SignInNeededError("The program that was waiting for the sign-in has ended.");
    await writeNotice(options.notice, runnable.notice);
    await finish(options, runnable);
  };
  await withLock(options.lock, proceed, {
    timeoutMs,
    pollMs: POLL_INTERVAL_MS,
    signal: options.signal
  }).catch((error: unknown) => {
    throw isTaken(error) ? new SignInNeededError("Timed out waiting for you to sign in.") : error;
  });
}

/**
 * Advances a device sign-in that no running process owns, such as one that a one-shot agent left behind, if
 * its next poll is due.
 * @param step polls once; a SignInNeededError or TokenRefusedError that it throws ends the sign-in
 * @throws any other error of `step`
 */
export async function takeNextStep(
  options: Pick<SharedSignInOptions, "lock" | "notice" | "discard" | "signal">,
  step: (notice: Notice) => Promise<Partial<Notice> | "done">
): Promise<void> {
  if (!isPollDue(readLiveNotice(options.notice))) return;
  const take = async (): Promise<void> => {
    const notice = readLiveNotice(options.notice);
    if (!notice || !isPollDue(notice)) return;
    try {
      const changes = await step(notice);
      if (changes === "done") await removeNotice(options.notice);
      else await writeNotice(options.notice, { ...notice, ...changes });
    } catch (error) {
      if (!(error instanceof SignInNeededError || error instanceof TokenRefusedError)) throw error;
      await writeNotice(options.notice, { ...notice, failure: toFailure(error) });
      await options.discard();
    }
  };
  await withLock(options.lock, take, { timeoutMs: 0, signal: options.signal }).catch((error: unknown) => {
    if (!isTaken(error)) throw error;
  });
}

function isPollDue(notice: Notice | undefined): boolean {
  if (notice?.method !== "device" || notice.cancelled) return false;
  return Date.now() >= (notice.polledAt ?? 0) + (notice.intervalMs ?? 0);
}

function isTaken(error: unknown): boolean {
  return error instanceof ImgwireError && error.code === "lock_timeout";
}
