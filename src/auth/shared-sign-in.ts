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
} from "./notice.ts";
import { TokenRefusedError } from "./token-errors.ts";

/** A sign-in that this process can bring to its end. */
export interface Runnable {
  notice: Notice;
  /**
   * Waits for the user and stores the tokens.
   * @param update tells the other processes how far it is
   */
  run(update: (changes: Partial<Notice>) => Promise<void>): Promise<void>;
}

/** How the processes of a machine share one sign-in. */
export interface SharedSignInOptions {
  /** Path of the lock; whoever holds it waits for the user, on behalf of all. */
  lock: string;
  /** Path of the notice. */
  notice: string;
  /**
   * Starts a sign-in; undefined if there is none to start because the tokens are there by now.
   * @param abandoned a sign-in whose process has ended and that cannot simply go on
   */
  begin(abandoned: Notice | undefined): Promise<Runnable | undefined>;
  /** Makes the sign-in of a notice go on in this process; undefined if it cannot. */
  resume(notice: Notice): Promise<Runnable | undefined>;
  /** Shows this process's user a sign-in that another process has begun. */
  show(notice: Notice): Promise<Notice>;
  /** Forgets what the credential store holds of the sign-in, once it has failed. */
  discard(): Promise<void>;
  /** Whether the tokens are there by now. */
  isDone(): Promise<boolean>;
  /** What to return if there is nothing to wait for. */
  done(): PendingSignIn;
  /** Aborted when this process stops taking part. */
  signal: AbortSignal;
}

const LOOK_MS = 200;
const GRACE_MS = 30_000;

/**
 * Starts this machine's sign-in, or joins the one under way. It belongs to the machine: the process that
 * holds the lock waits for the user, and when it ends, however suddenly, one of the others goes on with the
 * same link, or the next one that is started.
 */
export async function startOrJoin(options: SharedSignInOptions): Promise<PendingSignIn> {
  for (;;) {
    const pending = (await own(options)) ?? (await join(options));
    if (pending) return pending;
    await delay(LOOK_MS, undefined, { signal: options.signal });
  }
}

/**
 * Takes the sign-in on if nobody has it: resolves as soon as it has begun, and keeps the lock until it is
 * over. It counts as completed when the lock is free again.
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
 * A code that was given out goes on; a loopback sign-in is given out anew, since its process did not last.
 */
async function beginOrResume(options: SharedSignInOptions): Promise<Runnable | undefined> {
  const left = readLiveNotice(options.notice);
  const abandoned = left?.cancelled ? undefined : left;
  const resumed = abandoned?.method === "device" ? await options.resume(abandoned) : undefined;
  return resumed ?? options.begin(abandoned);
}

/** Brings a sign-in to its end and leaves behind, for those who joined, how it ended. */
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
    await leave(options, error, update);
    throw error;
  }
}

/** A process that ends leaves the sign-in to the others; anything else is the end of it. */
async function leave(
  options: SharedSignInOptions,
  error: unknown,
  update: (changes: Partial<Notice>) => Promise<void>
): Promise<void> {
  if (error instanceof InterruptedError) return update({ cancelled: true });
  if (options.signal.aborted) return;
  await update({ failure: toFailure(error) });
  await options.discard();
}

/** Joins the sign-in under way; undefined while its owner has not said anything yet. */
async function join(options: SharedSignInOptions): Promise<PendingSignIn | undefined> {
  const notice = readLiveNotice(options.notice);
  if (!notice) return undefined;
  const shown = await options.show(notice);
  const completed = takePart(options, notice);
  completed.catch(() => undefined);
  return toPending(shown, completed);
}

/** Waits until whoever has the sign-in lets go of it, and goes on with it if it is not over. */
async function takePart(options: SharedSignInOptions, joined: Notice): Promise<void> {
  const timeoutMs = joined.expiresAt - Date.now() + GRACE_MS;
  const goOn = async (): Promise<void> => {
    if (await options.isDone()) return;
    const left = readNotice(options.notice);
    if (left?.failure) throw fromFailure(left.failure);
    const runnable = left && (await options.resume(left));
    if (!runnable) throw new SignInNeededError("The program that was waiting for the sign-in has ended.");
    await writeNotice(options.notice, runnable.notice);
    await finish(options, runnable);
  };
  await withLock(options.lock, goOn, { timeoutMs, pollMs: LOOK_MS, signal: options.signal }).catch(
    (error: unknown) => {
      throw isTaken(error) ? new SignInNeededError("Timed out waiting for you to sign in.") : error;
    }
  );
}

/**
 * Takes the next step of a sign-in that waits for the user and that no process takes care of at the moment,
 * as a one-shot agent leaves it behind.
 * @param step takes it; a SignInNeededError or TokenRefusedError that it throws is the end of the sign-in
 * @throws what `step` throws otherwise
 */
export async function takeNextStep(
  options: Pick<SharedSignInOptions, "lock" | "notice" | "discard" | "signal">,
  step: (notice: Notice) => Promise<Partial<Notice> | "done">
): Promise<void> {
  if (!isWaiting(readLiveNotice(options.notice))) return;
  const take = async (): Promise<void> => {
    const notice = readLiveNotice(options.notice);
    if (!notice || !isWaiting(notice)) return;
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

function isWaiting(notice: Notice | undefined): boolean {
  if (notice?.method !== "device" || notice.cancelled) return false;
  return Date.now() >= (notice.polledAt ?? 0) + (notice.intervalMs ?? 0);
}

function isTaken(error: unknown): boolean {
  return error instanceof ImgwireError && error.code === "lock_timeout";
}
