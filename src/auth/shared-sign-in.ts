import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import type { PendingSignIn } from "../authorization.ts";
import { ImgwireError, SignInNeededError } from "../errors.ts";
import { readJsonFile } from "../system/file.ts";
import { withLock } from "../system/lock.ts";
import { writeFileAtomic } from "../system/write.ts";

/** What the owner of the machine's sign-in tells the other processes: no token, no code, no verifier. */
const noticeSchema = z.object({
  id: z.string(),
  method: z.enum(["loopback", "device"]),
  url: z.string(),
  userCode: z.string().optional(),
  browserOpened: z.boolean(),
  expiresAt: z.number(),
  failure: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional()
});
type Notice = z.infer<typeof noticeSchema>;

/** How the processes of a machine share one sign-in. */
export interface JointOptions {
  /** Path of the lock that the owner holds for as long as its sign-in is under way. */
  lock: string;
  /** Path of the notice that the others read. */
  notice: string;
  /** Starts the sign-in, in the one process that owns it; it ends when `signal` is aborted. */
  begin: () => Promise<PendingSignIn>;
  /** Whether the record has by now what the sign-in was for. */
  isDone: () => Promise<boolean>;
  /** Milliseconds after which a joined sign-in is waited for no longer. */
  timeoutMs: number;
  signal: AbortSignal;
}

const LOOK_MS = 200;
const GRACE_MS = 30_000;

/**
 * Starts the sign-in, or joins the one that another process of this machine has started. Whoever holds the lock owns
 * it, so that the death of the owner, however sudden, frees the place.
 */
export async function startOrJoin(options: JointOptions): Promise<PendingSignIn> {
  for (;;) {
    const flow = (await own(options)) ?? join(options);
    if (flow) return flow;
    await delay(LOOK_MS, undefined, { signal: options.signal });
  }
}

/**
 * Owns the sign-in if nobody does: resolves as soon as it has begun, and keeps the lock until it is over. The flow
 * counts as completed when the lock is free again.
 */
function own({ lock, notice, begin, signal }: JointOptions): Promise<PendingSignIn | undefined> {
  return new Promise((resolve, reject) => {
    const hold = async (): Promise<void> => {
      await rm(notice, { force: true });
      const flow = await begin();
      const posted = toNotice(flow);
      await writeFileAtomic(notice, JSON.stringify(posted));
      const completed = held.then(() => flow.completed);
      completed.catch(() => undefined);
      resolve({ ...flow, completed });
      await flow.completed.then(
        () => rm(notice, { force: true }),
        (error) => writeFileAtomic(notice, JSON.stringify({ ...posted, failure: toFailure(error) }))
      );
    };
    const held = withLock(lock, hold, { timeoutMs: 0, signal });
    held.catch((error: Error) => (isTaken(error) ? resolve(undefined) : reject(error)));
  });
}

/** Joins the sign-in under way; undefined while its owner has not said anything yet. */
function join(options: JointOptions): PendingSignIn | undefined {
  const posted = readNotice(options.notice);
  if (!posted || posted.failure || posted.expiresAt < Date.now()) return undefined;
  const { method, url, userCode, browserOpened, expiresAt } = posted;
  const completed = outcome(options, posted);
  completed.catch(() => undefined);
  return { method, url, userCode, browserOpened, expiresAt, completed };
}

/** Waits until the owner lets go of the lock, and reads from what it left behind how the sign-in went. */
async function outcome(options: JointOptions, joined: Notice): Promise<void> {
  const { lock, notice, isDone, signal } = options;
  const timeoutMs = Math.min(options.timeoutMs, joined.expiresAt - Date.now() + GRACE_MS);
  await withLock(lock, () => Promise.resolve(), { timeoutMs, pollMs: LOOK_MS, signal }).catch((error) => {
    throw isTaken(error) ? new SignInNeededError("Nobody signed in before the link ran out.") : error;
  });
  if (await isDone()) return;
  const left = readNotice(notice);
  if (left?.id === joined.id && left.failure) {
    const { code, message, hint } = left.failure;
    const details = hint === undefined ? {} : { hint };
    throw code === "sign_in_needed"
      ? new SignInNeededError(message, details)
      : new ImgwireError(code, message, details);
  }
  throw new SignInNeededError("The program that waited for the sign-in has ended before it was done.");
}

function readNotice(path: string): Notice | undefined {
  try {
    return noticeSchema.safeParse(readJsonFile(path)).data;
  } catch {
    return undefined;
  }
}

function toNotice({ method, url, userCode, browserOpened, expiresAt }: PendingSignIn): Notice {
  return {
    id: randomUUID(),
    method,
    url,
    browserOpened,
    expiresAt,
    ...(userCode !== undefined && { userCode })
  };
}

function toFailure(error: unknown): Notice["failure"] {
  const { code, hint } = error instanceof ImgwireError ? error : { code: "failed", hint: undefined };
  return { code, message: (error as Error).message, ...(hint !== undefined && { hint }) };
}

function isTaken(error: unknown): boolean {
  return error instanceof ImgwireError && error.code === "lock_timeout";
}
