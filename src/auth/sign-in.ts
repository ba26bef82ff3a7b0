import type { AuthChallenge, PendingSignIn } from "../authorization.ts";
import { openBrowser } from "../system/browser.ts";
import { rulesFor } from "../system/url.ts";
import type { CallbackServer } from "./callback-server.ts";
import { type Notice, toPending } from "./sign-in-notice.ts";
import {
  discardPending,
  type Finishing,
  finishSignIn,
  listenAgain,
  pollPending,
  savePending
} from "./pending-sign-in.ts";
import {
  chooseMethod,
  plan,
  type Plan,
  type Preparation,
  type Prepared,
  prepareDevice,
  prepareLoopback,
  type SignInOptions
} from "./prepare-sign-in.ts";
import type { PendingRecord, SignInRecord } from "./record.ts";
import type { RecordStore } from "./record-store.ts";
import { isSignedIn } from "./renewal.ts";
import { type Runnable, startOrJoin, takeNextStep } from "./shared-sign-in.ts";

/** What signing in needs. */
export interface SignInContext extends Preparation {
  records: RecordStore;
  /** Aborted when this process ends. */
  closing: AbortSignal;
}

/**
 * Starts this machine's sign-in, or joins the one in progress. The result is already completed if usable
 * tokens have been stored meanwhile.
 * @param challenge the challenge that made it necessary, if there was one
 * @throws ImgwireError if no sign-in can be offered
 */
export async function startSignIn(
  context: SignInContext,
  challenge: AuthChallenge | undefined,
  options: SignInOptions
): Promise<PendingSignIn> {
  const { records, closing } = context;
  const signal = options.signal ? AbortSignal.any([closing, options.signal]) : closing;
  const finishing = { fetch: context.fetch, records, returnTo: options.returnTo, signal };
  const outdated = options.again ? (records.indexed()?.generation ?? 0) : 0;
  const isUsable = (record: SignInRecord | undefined): boolean =>
    isSignedIn(record) && record.generation > outdated && record.tokens.access_token !== challenge?.token;
  const attempt: Attempt = { context, finishing, challenge, options, isUsable };
  if ((await records.store()).kind === "memory") return alone(attempt);
  const shared = await startOrJoin({
    lock: records.path("signin.lock"),
    notice: records.path("signin.json"),
    begin: (abandoned) => begin(attempt, abandoned),
    resume: (notice) => resume(attempt, notice),
    // `imgwire login` may be able to open a browser even if the agent that started the sign-in couldn't.
    show: async (notice) => (options.again && !notice.browserOpened ? openLink(attempt, { notice }) : notice),
    discard: () => discardPending(records),
    isDone: async () => isUsable(await records.read()),
    done: () => alreadyDone(context.hosted),
    signal
  });
  // A user who chose a method doesn't join a sign-in by the other one.
  return options.method && options.method !== shared.method ? alone(attempt) : shared;
}

/**
 * Finishes a device sign-in that a process left behind when it ended, if the user has confirmed the code.
 * @throws ImgwireError if the credential store cannot be read
 */
export async function pickUpSignIn(context: SignInContext): Promise<void> {
  const { records, closing: signal } = context;
  const finishing = { fetch: context.fetch, records, returnTo: undefined, signal };
  const paths = { lock: records.path("signin.lock"), notice: records.path("signin.json") };
  await takeNextStep({ ...paths, signal, discard: () => discardPending(records) }, async (notice) => {
    const pending = await pendingOf(records, notice);
    return pending ? pollPending(finishing, pending, notice) : { cancelled: true };
  });
}

interface Attempt {
  context: SignInContext;
  finishing: Finishing;
  challenge: AuthChallenge | undefined;
  options: SignInOptions;
  isUsable: (record: SignInRecord | undefined) => boolean;
}

/** Starts a sign-in that isn't shared with other processes. */
async function alone(attempt: Attempt): Promise<PendingSignIn> {
  const present = await attempt.context.records.read();
  if (attempt.isUsable(present)) return alreadyDone(attempt.context.hosted);
  const planned = await planFor(attempt, present);
  const prepared = await prepare(planned, chooseMethod(planned, false));
  const notice = await openLink(attempt, prepared);
  const { pending, callbacks } = prepared;
  const completed = finishSignIn(attempt.finishing, pending, notice, callbacks, () => Promise.resolve());
  completed.catch(() => undefined);
  return toPending(notice, completed);
}

async function begin(attempt: Attempt, abandoned: Notice | undefined): Promise<Runnable | undefined> {
  const { records } = attempt.context;
  const present = await records.read();
  if (attempt.isUsable(present)) return undefined;
  const planned = await planFor(attempt, present);
  const method = chooseMethod(planned, abandoned !== undefined);
  const left = abandoned && (await listenAgainFor(abandoned, present?.pending));
  if (left && method === "loopback") return reopen(attempt, left);
  try {
    const prepared = await prepare(planned, method);
    await savePending(records, prepared.pending);
    const notice = await openLink(attempt, prepared);
    return { notice, run: (update) => runBoth(attempt, prepared, notice, left, update) };
  } catch (error) {
    await left?.callbacks.close();
    throw error;
  }
}

/** A sign-in that another process left behind. The browser may still be redirected to its port. */
type LeftSignIn = Prepared & { callbacks: CallbackServer };

/**
 * Listens for the callback of a sign-in left behind; undefined if its record is gone or its port is taken.
 */
async function listenAgainFor(
  notice: Notice,
  pending: PendingRecord | undefined
): Promise<LeftSignIn | undefined> {
  const callbacks = pending?.id === notice.id ? await listenAgain(pending) : undefined;
  return pending && callbacks && { notice, pending, callbacks };
}

/**
 * Continues a loopback sign-in with the same link, and opens it again in case the user has closed the tab.
 */
async function reopen(attempt: Attempt, prepared: Prepared): Promise<Runnable> {
  const notice = await openLink(attempt, prepared);
  const { pending, callbacks } = prepared;
  return {
    notice,
    run: (update) => finishSignIn(attempt.finishing, pending, notice, callbacks, update)
  };
}

/** Waits for the new sign-in, and for a late callback of the one that it replaces. */
function runBoth(
  { finishing }: Attempt,
  { pending, callbacks }: Prepared,
  notice: Notice,
  left: LeftSignIn | undefined,
  update: (changes: Partial<Notice>) => Promise<void>
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([finishing.signal, over.signal]);
  const options = { ...finishing, signal };
  const first = finishSignIn(options, pending, notice, callbacks, update);
  if (!left) return first;
  const second = finishSignIn(options, left.pending, notice, left.callbacks, () => Promise.resolve());
  const either = Promise.race([first, second.catch(() => first)]);
  return either.finally(() => over.abort());
}

async function resume(attempt: Attempt, notice: Notice): Promise<Runnable | undefined> {
  const pending = await pendingOf(attempt.context.records, notice);
  const callbacks = pending && (await listenAgain(pending));
  if (!pending || (pending.flow.method === "loopback" && !callbacks)) return undefined;
  const resumed: Notice = { ...notice, cancelled: undefined };
  return {
    notice: resumed,
    run: (update) => finishSignIn(attempt.finishing, pending, resumed, callbacks, update)
  };
}

async function pendingOf(records: RecordStore, { id }: Notice): Promise<PendingRecord | undefined> {
  const pending = (await records.read())?.pending;
  return pending?.id === id ? pending : undefined;
}

function planFor({ context, challenge, options }: Attempt, present: SignInRecord | undefined): Promise<Plan> {
  return plan(context, present, challenge, options);
}

function prepare(planned: Plan, method: "device" | "loopback"): Promise<Prepared> {
  return method === "device" ? prepareDevice(planned) : prepareLoopback(planned);
}

async function openLink(
  { context }: Attempt,
  { notice, callbacks }: { notice: Notice; callbacks?: CallbackServer | undefined }
): Promise<Notice> {
  try {
    const browserOpened = await openBrowser(notice.url, rulesFor(context.hosted), context.browser);
    return { ...notice, browserOpened };
  } catch (error) {
    await callbacks?.close();
    throw error;
  }
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
