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
  /** The system within which the pid means anything: host, boot and pid namespace. */
  system: string;
  /** When the process started, in the kernel's ticks; tells a reused pid. Linux only. */
  born: string | undefined;
}

const HEARTBEAT_MS = 5_000;
const STALE_MS = 60_000;
/** How long a removal is tried again that another program, such as a virus scanner, holds up on Windows. */
const REMOVE_TIMEOUT_MS = 1_000;
const POLL_MS = 25;
/** Windows answers EPERM or EBUSY for a file that is just being removed. */
const TAKEN = process.platform === "win32" ? ["EEXIST", "EPERM", "EBUSY"] : ["EEXIST"];

/** How to wait for a lock. */
export interface LockOptions {
  /** Milliseconds after which waiting ends with an error of code `lock_timeout`; default 30,000. */
  timeoutMs?: number;
  /**
   * Milliseconds between two looks at a lock that is taken; default 25. More for a wait that may take
   * minutes.
   */
  pollMs?: number;
  signal?: AbortSignal;
}

/**
 * Runs `action` while this process alone, among all that name the same `path`, holds the lock.
 *
 * The lock is a file naming its owner. An owner that has died (kill -9) is found out by its pid and start
 * time at once; one on another host or in another container, or where start times can't be read, by a
 * heartbeat that has been missing for a minute. Only whoever holds the lock *on the dead owner's token* may
 * remove its file, and only while the file still names it, so two processes that notice a dead owner together
 * can never remove a living one's lock.
 *
 * @throws ImgwireError `lock_timeout` when the lock was not free in time; whatever `action` throws
 */
export async function withLock<T>(
  path: string,
  action: () => Promise<T>,
  options: LockOptions = {}
): Promise<T> {
  const wait = { deadline: Date.now() + (options.timeoutMs ?? 30_000), ...options };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const owner = await acquire(path, wait);
  const heartbeat = setInterval(
    () => void utimes(path, new Date(), new Date()).catch(() => undefined),
    HEARTBEAT_MS
  );
  heartbeat.unref();
  try {
    return await action();
  } finally {
    clearInterval(heartbeat);
    await release(path, owner);
  }
}

interface Wait {
  /** Milliseconds since the epoch. */
  deadline: number;
  pollMs?: number;
  signal?: AbortSignal;
}

async function acquire(path: string, wait: Wait): Promise<Owner> {
  const { deadline, signal, pollMs = POLL_MS } = wait;
  const owner = await identity();
  for (;;) {
    signal?.throwIfAborted();
    const holder = readOwner(path);
    if (holder === undefined && (await take(path, owner))) return owner;
    if (holder !== undefined && (await isDead(path, holder))) await bury(path, holder, wait);
    else if (Date.now() >= deadline) throw timedOut(path, holder);
    else await delay(pollMs * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  }
}

/**
 * Takes a lock that was free; false when somebody else was faster. It appears under its name with its owner
 * in it already: a process that is killed here leaves no lock whose owner nobody can tell.
 */
async function take(path: string, owner: Owner): Promise<boolean> {
  const draft = temporaryPath(dirname(path), owner.token);
  try {
    await create(draft, owner);
    await link(draft, path).catch((error: unknown) => {
      if (codeOf(error) === "EEXIST") throw error;
      // Not every file system has hard links: FAT and some network shares have none.
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

/**
 * Removes a dead owner's lock file. Whoever comes second finds another token in the file, or none, and leaves
 * it.
 */
async function bury(path: string, dead: Owner, wait: Wait): Promise<void> {
  const grave = `${path}.${dead.token || "unowned"}`;
  const owner = await acquire(grave, wait);
  try {
    const present = readOwner(path);
    if (present?.token === dead.token && (await isDead(path, present))) await remove(path);
    sweep(dirname(path));
  } finally {
    await release(grave, owner);
  }
}

async function release(path: string, owner: Owner): Promise<void> {
  const present = readOwner(path);
  if (present?.token !== owner.token) return;
  left.add(owner.token);
  // What was done under the lock is done: that the file can't be removed is no failure of it.
  if (await remove(path)) left.delete(owner.token);
}

/** Locks of this process that it has left, but whose files could not be removed. */
const left = new Set<string>();

/** Removes a lock file; one that another program has open is tried again. @returns whether it is gone */
async function remove(path: string): Promise<boolean> {
  const deadline = Date.now() + REMOVE_TIMEOUT_MS;
  for (;;) {
    const code = await unlink(path).then(() => "ENOENT", codeOf);
    if (code === "ENOENT") return true;
    if (Date.now() >= deadline) return false;
    await delay(POLL_MS);
  }
}

/**
 * The owner named in a lock file; nobody we know while it names none, or isn't ours; undefined when there is
 * no file.
 */
function readOwner(path: string): Owner | undefined {
  try {
    const value = readJsonFile(path);
    if (value === undefined || isOwner(value)) return value;
  } catch {
    // It is being written, or somebody else has put something there: its age decides.
  }
  return { token: "", pid: 0, system: "", born: undefined };
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
  if (left.has(owner.token)) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
  const born = await bornAt(owner.pid);
  if (born !== undefined || owner.born !== undefined) return owner.born !== born;
  // Where processes can't be told apart by their start, another one may have the pid: then nobody keeps the
  // lock fresh. After the machine has slept its owner gets the time to.
  if (owner.pid === process.pid || !(await isStale(path))) return false;
  await delay(2 * HEARTBEAT_MS);
  return isStale(path);
}

async function isStale(path: string): Promise<boolean> {
  const at = await modified(path);
  return at !== undefined && Date.now() - at > STALE_MS;
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
    born: await bornAt(process.pid)
  };
}

async function bornAt(pid: number): Promise<string | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in brackets and may hold spaces; the start time is the 22nd.
  return line?.slice(line.lastIndexOf(")") + 2).split(" ")[19];
}

function timedOut(path: string, holder: Owner | undefined): ImgwireError {
  const who = holder?.pid ? ` (pid ${holder.pid})` : "";
  return new ImgwireError("lock_timeout", `Another imgwire process${who} is busy and holds ${path}.`, {
    hint: who ? "If it's stuck, stop it and try again." : "Try again."
  });
}
