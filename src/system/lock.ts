import { link, mkdir, readFile, readlink, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf, ImgwireError } from "../errors.ts";

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
const POLL_MS = 25;
/** Windows answers EPERM or EBUSY for a file that is just being removed. */
const TAKEN = process.platform === "win32" ? ["EEXIST", "EPERM", "EBUSY"] : ["EEXIST"];

/** How to wait for a lock. */
export interface LockOptions {
  /** Milliseconds after which waiting ends with an error of code `lock_timeout`; default 30,000. */
  timeoutMs?: number;
  /** Milliseconds between two looks at a lock that is taken; default 25. More for a wait that may take minutes. */
  pollMs?: number;
  signal?: AbortSignal;
}

/**
 * Runs `action` while this process alone, among all that name the same `path`, holds the lock.
 *
 * The lock is a file naming its owner. An owner that has died (kill -9) is found out by its pid and start time
 * at once; one on another host or in another container by a heartbeat that has been missing for a minute. Only
 * whoever holds the lock *on the dead owner's token* may remove its file, and only while the file still names
 * it, so two processes that notice a dead owner together can never remove a living one's lock.
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
    const holder = await readOwner(path);
    if (holder === undefined && (await take(path, owner))) return owner;
    if (holder !== undefined && (await isDead(path, holder))) await bury(path, holder, wait);
    else if (Date.now() >= deadline) throw timedOut(path, holder);
    else await delay(pollMs * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  }
}

/**
 * Takes a lock that was free; false when somebody else was faster. It appears under its name with its owner in it
 * already: a process that is killed here leaves no lock whose owner nobody can tell.
 */
async function take(path: string, owner: Owner): Promise<boolean> {
  const draft = draftOf(path, owner);
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

function draftOf(path: string, { token }: Owner): string {
  return `${path}.${token}.draft`;
}

async function create(path: string, owner: Owner): Promise<void> {
  await writeFile(path, JSON.stringify(owner), { flag: "wx", mode: 0o600 });
}

/** Removes a dead owner's lock file. Whoever comes second finds another token in the file, or none, and leaves it. */
async function bury(path: string, dead: Owner, wait: Wait): Promise<void> {
  const grave = `${path}.${dead.token || "unowned"}`;
  const owner = await acquire(grave, wait);
  try {
    const present = await readOwner(path);
    if (present?.token === dead.token && (await isDead(path, present))) await unlink(path);
    await unlink(draftOf(path, dead)).catch(() => undefined);
  } finally {
    await release(grave, owner);
  }
}

async function release(path: string, owner: Owner): Promise<void> {
  const present = await readOwner(path);
  if (present?.token === owner.token) await unlink(path).catch(() => undefined);
}

/** The owner named in a lock file; an empty token while it has not been written yet; undefined when there is none. */
async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return { token: "", pid: 0, system: "", born: undefined };
  }
}

async function isDead(path: string, owner: Owner): Promise<boolean> {
  if (owner.system !== (await thisSystem())) return isStale(path);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
  return owner.born !== (await bornAt(owner.pid));
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
    system: await thisSystem(),
    born: await bornAt(process.pid)
  };
}

async function thisSystem(): Promise<string> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
  return [hostname(), boot.trim(), namespace].join(" ");
}

async function bornAt(pid: number): Promise<string | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in brackets and may hold spaces; the start time is the 22nd.
  return line?.slice(line.lastIndexOf(")") + 2).split(" ")[19];
}

function timedOut(path: string, holder: Owner | undefined): ImgwireError {
  const who = holder?.pid ? `process ${holder.pid}` : "another process";
  return new ImgwireError("lock_timeout", `Waited too long for ${who}, which holds ${path}.`, {
    hint: holder?.pid ? `If process ${holder.pid} hangs, end it and try again.` : "Try again."
  });
}
