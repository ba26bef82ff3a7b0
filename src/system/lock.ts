import { link, mkdir, readFile, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf, ImgwireError } from "../errors.ts";
import { isObject } from "./json.ts";
import { readJsonFile } from "./read.ts";
import { sweep, temporaryPath, thisSystem } from "./temporary.ts";

interface Owner {
  token: string;
  pid: number;
  /** Where the pid is valid: host, boot and pid namespace. */
  system: string;
  /** When the process started, in kernel ticks, to detect a reused pid. Linux only. */
  startedAt: string | undefined;
}

const HEARTBEAT_INTERVAL_MS = 5_000;
const HEARTBEAT_TIMEOUT_MS = 60_000;
/** How long to retry a removal that another program, such as a virus scanner, blocks on Windows. */
const REMOVE_TIMEOUT_MS = 1_000;
const POLL_INTERVAL_MS = 25;
const HOLDER_TIMEOUT_MS = 30_000;
/** Error codes for an existing lock file. Windows reports the last two while one is being removed. */
const TAKEN = process.platform === "win32" ? ["EEXIST", "EPERM", "EBUSY"] : ["EEXIST"];

/** How to wait for a lock. */
export interface LockOptions {
  /**
   * How long to wait for one holder, in milliseconds, before failing with `lock_timeout`; default 30,000.
   * Waiting for several holders in a row may take longer.
   */
  timeoutMs?: number;
  /** Milliseconds between two attempts; default 25. Use more if the wait may take minutes. */
  pollMs?: number;
  /** Called before each attempt; an error that it throws ends the wait. */
  check?: () => void;
  signal?: AbortSignal;
}

/**
 * Runs `action` while holding the lock on `path`, which only one process can hold at a time.
 *
 * The lock is a file naming its owner. A dead owner (kill -9) is detected immediately by its pid and start
 * time; if it was on another host or in another container, or start times can't be read, by a heartbeat that
 * has been missing for a minute. Only the holder of the lock *on the dead owner's token* may remove its file,
 * and only while the file still names that owner, so two processes that detect a dead owner at the same time
 * can never remove a living one's lock.
 *
 * @throws ImgwireError `lock_timeout` if one holder kept the lock for too long; whatever `action` or `check`
 *   throws
 */
export async function withLock<T>(
  path: string,
  action: () => Promise<T>,
  options: LockOptions = {}
): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const owner = await acquire(path, options);
  const heartbeat = setInterval(
    () => void utimes(path, new Date(), new Date()).catch(() => undefined),
    HEARTBEAT_INTERVAL_MS
  );
  heartbeat.unref();
  try {
    return await action();
  } finally {
    clearInterval(heartbeat);
    await release(path, owner);
  }
}

async function acquire(path: string, options: LockOptions): Promise<Owner> {
  const { signal, check, pollMs = POLL_INTERVAL_MS, timeoutMs = HOLDER_TIMEOUT_MS } = options;
  const owner = await identity();
  const isOverdue = holderClock(timeoutMs);
  for (;;) {
    signal?.throwIfAborted();
    check?.();
    const holder = readOwner(path);
    if (holder === undefined && (await take(path, owner))) return owner;
    if (holder !== undefined && (await isDead(path, holder))) await removeDead(path, holder, options);
    else if (isOverdue(holder)) throw timedOut(path, holder);
    else await delay(pollMs * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  }
}

/** Returns a function that tells whether the current holder has kept the lock for too long. */
function holderClock(timeoutMs: number): (holder: Owner | undefined) => boolean {
  let last: string | undefined;
  let deadline = Date.now() + timeoutMs;
  return (holder) => {
    if (holder && holder.token !== last) [last, deadline] = [holder.token, Date.now() + timeoutMs];
    return Date.now() >= deadline;
  };
}

/**
 * Takes a free lock; returns false if another process was faster. The file appears with its owner already in
 * it, so a process that is killed here can't leave a lock without an owner.
 */
async function take(path: string, owner: Owner): Promise<boolean> {
  const draft = temporaryPath(dirname(path), owner.token);
  try {
    await create(draft, owner);
    await link(draft, path).catch((error: unknown) => {
      if (codeOf(error) === "EEXIST") throw error;
      // FAT and some network shares have no hard links.
      return create(path, owner);
    });
    return true;
  } catch (error) {
    if (TAKEN.includes(codeOf(error))) return false;
    throw error;
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function create(path: string, owner: Owner): Promise<void> {
  await writeFile(path, JSON.stringify(owner), { flag: "wx", mode: 0o600 });
}

/** Removes a dead owner's lock file, unless another process has already removed or replaced it. */
async function removeDead(path: string, dead: Owner, options: LockOptions): Promise<void> {
  const removalLock = `${path}.${dead.token || "unowned"}`;
  const owner = await acquire(removalLock, options);
  try {
    const present = readOwner(path);
    if (present?.token === dead.token && (await isDead(path, present))) await remove(path);
    sweep(dirname(path));
  } finally {
    await release(removalLock, owner);
  }
}

async function release(path: string, owner: Owner): Promise<void> {
  const present = readOwner(path);
  if (present?.token !== owner.token) return;
  unremoved.add(owner.token);
  // Not an error if the file can't be removed: the work under the lock is done.
  if (await remove(path)) unremoved.delete(owner.token);
}

/** Tokens of locks that this process has released, but whose files couldn't be removed. */
const unremoved = new Set<string>();

/** Removes a lock file, retrying if another program has it open. @returns whether it is gone */
async function remove(path: string): Promise<boolean> {
  const deadline = Date.now() + REMOVE_TIMEOUT_MS;
  for (;;) {
    const code = await unlink(path).then(() => "ENOENT", codeOf);
    if (code === "ENOENT") return true;
    if (Date.now() >= deadline) return false;
    await delay(POLL_INTERVAL_MS);
  }
}

/** Returns the owner of a lock file: one without a token if none is named, undefined if there is no file. */
function readOwner(path: string): Owner | undefined {
  try {
    const value = readJsonFile(path);
    if (value === undefined || isOwner(value)) return value;
  } catch {
    // It is still being written, or isn't a lock file. Its age decides.
  }
  return { token: "", pid: 0, system: "", startedAt: undefined };
}

function isOwner(value: unknown): value is Owner {
  if (!isObject(value)) return false;
  const { token, pid, system } = value;
  return (
    typeof token === "string" && /^[\w-]+$/.test(token) && Number.isInteger(pid) && typeof system === "string"
  );
}

async function isDead(path: string, owner: Owner): Promise<boolean> {
  if (owner.system !== thisSystem()) return isStale(path);
  if (unremoved.has(owner.token)) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
  const startedAt = await startTime(owner.pid);
  if (startedAt !== undefined || owner.startedAt !== undefined) return owner.startedAt !== startedAt;
  // Without start times, the pid may now belong to another process, which doesn't refresh the lock. If it is
  // the owner after all, the machine may have slept: give it time to refresh the lock.
  if (owner.pid === process.pid || !(await isStale(path))) return false;
  await delay(2 * HEARTBEAT_INTERVAL_MS);
  return isStale(path);
}

async function isStale(path: string): Promise<boolean> {
  const at = await modified(path);
  return at !== undefined && Date.now() - at > HEARTBEAT_TIMEOUT_MS;
}

async function modified(path: string): Promise<number | undefined> {
  return stat(path).then(
    (found) => found.mtimeMs,
    () => undefined
  );
}

async function identity(): Promise<Owner> {
  return {
    token: crypto.randomUUID(),
    pid: process.pid,
    system: thisSystem(),
    startedAt: await startTime(process.pid)
  };
}

/** When a process started; undefined on systems other than Linux, where any user could create this file. */
async function startTime(pid: number): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in brackets and may contain spaces; the start time is field 22.
  return line?.slice(line.lastIndexOf(")") + 2).split(" ")[19];
}

function timedOut(path: string, holder: Owner | undefined): ImgwireError {
  const who = holder?.pid ? ` (pid ${holder.pid})` : "";
  return new ImgwireError("lock_timeout", `Another imgwire process${who} is busy and holds ${path}.`, {
    hint: who ? "If it's stuck, stop it and try again." : "Try again."
  });
}
