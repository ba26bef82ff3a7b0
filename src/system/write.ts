import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  fstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync
} from "node:fs";
import { rename } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf, ImgwireError } from "../errors.ts";
import { isInside } from "./path.ts";
import { sweep, temporaryPath } from "./temporary.ts";
import { readOnly, unwritable } from "./write-error.ts";

export interface WriteOptions {
  /** Permissions of a new file, default 0600. An existing file keeps its own. */
  mode?: number;
  /** A folder that the write must stay in, so that a project's symbolic link can't lead it elsewhere. */
  within?: string;
}

/** How long to retry a rename that another program, such as a virus scanner, blocks on Windows. */
const RENAME_TIMEOUT_MS = 1_000;
const RENAME_RETRY_INTERVAL_MS = 25;
const BLOCKED_CODES = ["EBUSY", "EPERM", "EACCES"];

/**
 * The only way to write a file. Writes the new bytes to a temporary file in the same folder, checks and syncs
 * it, and renames it, so that a reader finds either the old bytes or the new ones, even after a crash.
 * Symbolic links are followed and kept; an existing file keeps its mode and owner. Missing folders are
 * created with mode 0700. Anything but a regular file is never replaced.
 * @throws ImgwireError `file_unwritable` with the reason, `link_refused` for a link that leads out of
 *   `within`; the old file is unchanged
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: WriteOptions = {}
): Promise<void> {
  const draft = write(path, data, options);
  const deadline = Date.now() + RENAME_TIMEOUT_MS;
  while (!publish(draft, path, deadline)) await delay(RENAME_RETRY_INTERVAL_MS);
}

/**
 * Moves an unreadable file out of the way, keeping its bytes for the user.
 * @returns its new path
 * @throws ImgwireError `file_unwritable` if it can't be moved, in which case it must not be replaced either
 */
export async function setAside(path: string): Promise<string> {
  const aside = `${path}.unreadable-${Date.now()}`;
  await rename(path, aside).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  return aside;
}

/** A finished file, next to the one that it will replace. */
interface Draft {
  path: string;
  target: string;
}

function write(path: string, data: string | Uint8Array, options: WriteOptions): Draft {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const target = targetOf(path, options.within);
    const existing = statSync(target, { throwIfNoEntry: false });
    if (existing && !existing.isFile()) throw notAFile(existing);
    if (existing && (existing.mode & 0o200) === 0) throw readOnly(path);
    sweep(dirname(target));
    const draft = temporaryPath(dirname(target));
    fill(draft, typeof data === "string" ? Buffer.from(data) : data, existing, options.mode ?? 0o600);
    return { path: draft, target };
  } catch (error) {
    throw error instanceof ImgwireError ? error : unwritable(path, error);
  }
}

/** The error for a device, pipe or folder. A rename would replace it, but other programs may depend on it. */
function notAFile(existing: Stats): Error {
  return Object.assign(new Error("It isn't a regular file."), {
    code: existing.isDirectory() ? "EISDIR" : "EFTYPE"
  });
}

/** Resolves all symbolic links in the path of a file, which need not exist. */
function targetOf(path: string, within: string | undefined): string {
  const target = endOfLinks(path);
  if (within === undefined || isInside(target, realpathSync(within))) return target;
  throw new ImgwireError("link_refused", `${path} is a link that leads out of the project, to ${target}.`, {
    hint: "Nothing was written. Replace the link with a file."
  });
}

function endOfLinks(path: string, links = 0): string {
  const folder = realpathSync(dirname(path));
  const file = join(folder, basename(path));
  const to = linkAt(file);
  if (to === undefined) return file;
  if (links === 40) throw Object.assign(new Error("Too many symbolic links."), { code: "ELOOP" });
  return endOfLinks(resolve(folder, to), links + 1);
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    // EINVAL, or UNKNOWN on Windows: it exists and isn't a link.
    if (["EINVAL", "ENOENT", "UNKNOWN"].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** Writes the draft to disk; removes it if that fails. */
function fill(draft: string, data: Uint8Array, existing: Stats | undefined, mode: number): void {
  const descriptor = openSync(draft, "wx", existing ? 0o600 : mode);
  try {
    try {
      for (let at = 0; at < data.length;) at += writeSync(descriptor, data, at);
      fsyncSync(descriptor);
      if (fstatSync(descriptor).size !== data.length)
        throw new Error("the system wrote less than it was given");
    } finally {
      closeSync(descriptor);
    }
    if (existing) copyOwnership(draft, existing);
  } catch (error) {
    remove(draft);
    throw error;
  }
}

function copyOwnership(draft: string, { mode, uid, gid }: Stats): void {
  if (process.getuid && (uid !== process.getuid() || gid !== process.getgid?.())) {
    try {
      chownSync(draft, uid, gid);
    } catch {
      // Only root may change the owner.
    }
  }
  chmodSync(draft, mode & 0o7777);
}

/** Replaces the file with the draft; returns false if the rename has to be retried. */
function publish(draft: Draft, path: string, deadline: number): boolean {
  try {
    renameSync(draft.path, draft.target);
  } catch (error) {
    if (BLOCKED_CODES.includes(codeOf(error)) && Date.now() < deadline) return false;
    remove(draft.path);
    throw unwritable(path, error);
  }
  syncFolder(dirname(draft.target));
  return true;
}

/** Syncs a folder after a rename. Otherwise a crash of the machine could bring the old file back. */
function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Not every system can sync a folder, but the file is complete either way.
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The next write to this folder removes it.
  }
}
