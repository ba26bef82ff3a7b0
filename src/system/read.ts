import { isUtf8 } from "node:buffer";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  statSync
} from "node:fs";
import { codeOf, ImgwireError, messageOf } from "../errors.ts";

/** The size limit for our own files, and for files that choose settings. */
const MAX_BYTES = 8 * 1024 * 1024;
/** How deep JSON may be nested. Nothing that this program reads comes close. */
const MAX_JSON_DEPTH = 200;
/** How long to retry a read that another program, such as a virus scanner, blocks on Windows. */
const READ_RETRY_TIMEOUT_MS = 250;
const READ_RETRY_INTERVAL_MS = 10;

/** How to read a file, and what to refuse. */
export interface ReadOptions {
  /** Default 8 MiB. */
  maxBytes?: number;
  /** Keep a byte order mark, for text that will be written back; default false. */
  keepByteOrderMark?: boolean;
  /** Refuse symbolic links, hard links and other users' files: for secrets. */
  private?: boolean;
}

/**
 * The only way to read a file that somebody else may have written: a repository, another user, a crashed
 * process. Only regular files of bounded size pass. It never blocks: a FIFO or device is refused before it is
 * opened, and if one replaces the file after that check, opening it doesn't wait.
 * @returns the content as text, without a byte order mark unless requested; undefined if there is no such
 *   file
 * @throws ImgwireError `file_refused` for any other kind of file, `file_unreadable` if the system refuses,
 *   `file_invalid` for text that isn't UTF-8; each names the file
 */
export function readTextFile(path: string, options: ReadOptions = {}): string | undefined {
  const bytes = readBytes(path, options);
  if (bytes === undefined) return undefined;
  // Not a TextDecoder: creating one takes longer than all the reading before the first answer.
  if (!isUtf8(bytes)) throw invalid(path, "is not UTF-8 text");
  const text = bytes.toString("utf8");
  return options.keepByteOrderMark ? text : text.replace(/^\uFEFF/, "");
}

/**
 * Reads a JSON file in the same way. Checks how deep it is nested before parsing it.
 * @returns the parsed value; undefined if there is no such file
 * @throws as {@link readTextFile}; `file_invalid` for invalid JSON, without quoting it: it may be secret
 */
export function readJsonFile(path: string, options: ReadOptions = {}): unknown {
  const text = readTextFile(path, options);
  if (text === undefined) return undefined;
  if (depthOf(text) > MAX_JSON_DEPTH) throw refused(path, "is nested too deeply");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(path, "is not valid JSON", cause);
  }
}

/** Reads an optional JSON file in the same way. Returns undefined also for a file that can't be used. */
export function readJsonIfUsable(path: string, options: ReadOptions = {}): unknown {
  try {
    return readJsonFile(path, options);
  } catch {
    return undefined;
  }
}

function readBytes(path: string, options: ReadOptions): Buffer | undefined {
  const deadline = Date.now() + READ_RETRY_TIMEOUT_MS;
  for (;;) {
    try {
      return readOnce(path, options);
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
      if (error instanceof ImgwireError) throw error;
      if (!isHeld(error) || Date.now() >= deadline) throw unreadable(path, error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, READ_RETRY_INTERVAL_MS);
    }
  }
}

function readOnce(path: string, options: ReadOptions): Buffer {
  let descriptor: number | undefined;
  try {
    check(path, options.private ? lstatSync(path) : statSync(path), options);
    const noFollow = options.private ? constants.O_NOFOLLOW : 0;
    // Windows has neither flag, and no FIFOs that a path could lead to.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (noFollow ?? 0));
    check(path, fstatSync(descriptor), options);
    return readAll(path, descriptor, options.maxBytes ?? MAX_BYTES);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Whether the file may only be unavailable for a moment, because another program has it open. On Windows a
 * file that is being replaced looks like one without permission.
 */
function isHeld(error: unknown): boolean {
  const code = codeOf(error);
  return code === "EBUSY" || (process.platform === "win32" && ["EPERM", "EACCES"].includes(code));
}

function check(path: string, stats: Stats, options: ReadOptions): void {
  if (!stats.isFile()) throw refused(path, `is ${kindOf(stats)}, not a regular file`);
  if (stats.size > (options.maxBytes ?? MAX_BYTES)) throw tooLarge(path, options);
  if (!options.private) return;
  if (stats.nlink > 1) throw refused(path, "has a second name (hard link)");
  if (!isOwn(stats)) throw refused(path, "belongs to another user");
}

/** Reads to the end, whatever size the file claims: files in /proc claim 0. */
function readAll(path: string, descriptor: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let size = 0; ;) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const count = readSync(descriptor, chunk);
    if (count === 0) return Buffer.concat(chunks);
    if ((size += count) > maxBytes) throw tooLarge(path, { maxBytes });
    chunks.push(chunk.subarray(0, count));
  }
}

/** How deep the brackets of a JSON text are nested, outside strings. */
function depthOf(text: string): number {
  let deepest = 0;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inString && character === "\\") at += 1;
    else if (character === '"') inString = !inString;
    else if (inString) continue;
    else if (character === "[" || character === "{") deepest = Math.max(deepest, (depth += 1));
    else if (character === "]" || character === "}") depth -= 1;
  }
  return deepest;
}

/**
 * Whether a file or folder belongs to the current user or to the system. Always true on Windows, which has no
 * such owner.
 */
export function isOwn({ uid }: Pick<Stats, "uid">): boolean {
  return process.getuid === undefined || uid === process.getuid() || uid === 0;
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isSymbolicLink()) return "a symbolic link";
  if (stats.isFIFO()) return "a FIFO";
  return stats.isSocket() ? "a socket" : "a device";
}

/** The error for a file that the system refuses to open, with the reason and what to do. */
export function unreadable(path: string, error: unknown): ImgwireError {
  return new ImgwireError("file_unreadable", `${path} can't be read: ${readProblem(error)}.`, {
    hint:
      codeOf(error) === "EBUSY"
        ? "Close that program, then try again."
        : "Check who owns it and its permissions.",
    cause: error
  });
}

function readProblem(error: unknown): string {
  const code = codeOf(error);
  if (code === "EBUSY") return "another program has it open";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ELOOP") return "its symbolic links form a loop";
  return code || messageOf(error);
}

function tooLarge(path: string, { maxBytes = MAX_BYTES }: ReadOptions): ImgwireError {
  return refused(path, `is larger than ${Math.floor(maxBytes / 1024 / 1024)} MiB`);
}

function refused(path: string, why: string): ImgwireError {
  return new ImgwireError("file_refused", `${path} ${why}.`, {
    hint: "Look at it, then remove or replace it."
  });
}

function invalid(path: string, why: string, cause?: unknown): ImgwireError {
  return new ImgwireError("file_invalid", `${path} ${why}.`, { hint: "Fix it, then try again.", cause });
}
