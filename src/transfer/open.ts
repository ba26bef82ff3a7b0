import { constants, type BigIntStats } from "node:fs";
import { type FileHandle, lstat, open, readlink, realpath, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { codeOf, ImgwireError } from "../errors.ts";
import { unreadable } from "../system/read.ts";
import { candidatePaths } from "./paths.ts";
import { verdictOn, type PathPolicy, outsideRootsError, resolveRoots } from "./roots.ts";

/** An approved file that is held open. Everything is read from this descriptor. */
export interface OpenFile {
  /** Its path with symbolic links resolved. */
  path: string;
  handle: FileHandle;
  size: number;
  /** Changes whenever the file's content does; see {@link stampOf}. */
  stamp: string;
}

/** A file that may be read, in its current state. */
export interface ApprovedFile {
  /** Its path with symbolic links resolved. */
  path: string;
  stamp: string;
  /** Whether any later change is certain to change the stamp. */
  settled: boolean;
}

/** Asks the user whether files in a folder outside the roots may be read. */
export type AskForFolder = (folder: string) => Promise<boolean>;

/** The user is only asked about files with these extensions; a key or password file is refused outright. */
const ASKABLE = new Set(".jpg .jpeg .jxl .png .webp .avif .gif .ico .heic .heif .bmp .tif .tiff".split(" "));

/**
 * Finds a file by the path as typed and checks it against the upload roots without reading it.
 * @throws ImgwireError `path_refused`, `file_not_found`, `file_unreadable`, `outside_roots`, `not_a_file`,
 *   `hard_link`
 */
export async function approveFile(
  typed: string,
  policy: PathPolicy,
  ask?: AskForFolder
): Promise<ApprovedFile> {
  const path = await locate(typed, policy);
  await approve(path, policy, ask);
  const now = Date.now();
  const stats = await stat(path, { bigint: true }).catch(throwUnreadable(path));
  refuseIrregular(path, stats);
  return { path, stamp: stampOf(stats), settled: isSettled(stats, now) };
}

/**
 * Finds a file by the path as typed, checks it against the upload roots and opens it.
 *
 * The path is resolved once and checked, then opened without following a final symbolic link and without
 * blocking on a FIFO. The descriptor is then verified to be the checked file, in case a folder was swapped in
 * between. A file with a second hard link is refused because its other name may be outside the roots. The
 * caller closes the handle.
 *
 * @throws ImgwireError `path_refused`, `file_not_found`, `file_unreadable`, `outside_roots`, `not_a_file`,
 *   `hard_link`, `file_changed`
 */
export async function openApproved(typed: string, policy: PathPolicy, ask?: AskForFolder): Promise<OpenFile> {
  const { path } = await approveFile(typed, policy, ask);
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(path, flags).catch(throwUnreadable(path));
  try {
    const stats = await handle.stat({ bigint: true });
    refuseIrregular(path, stats);
    await verifyDescriptor(path, handle, stats);
    return { path, handle, size: Number(stats.size), stamp: stampOf(stats) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Combines size, times and identity into a text. If it is the same before and after, the content hasn't
 * changed.
 */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}

const MILLION = 1_000_000n;
const SECOND = 1_000n * MILLION;

/** File system timestamps can be as coarse as two seconds, so a recent change may hide another. */
function isSettled({ mtimeNs, ctimeNs }: BigIntStats, now: number): boolean {
  const inSeconds = mtimeNs % SECOND === 0n && ctimeNs % SECOND === 0n;
  const newest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return newest + (inSeconds ? 2n * SECOND : 20n * MILLION) < BigInt(now) * MILLION;
}

async function locate(typed: string, policy: PathPolicy): Promise<string> {
  const candidates = candidatePaths(typed, policy);
  for (const candidate of candidates) {
    try {
      return await realpath(candidate);
    } catch (error) {
      if (!["ENOENT", "ENOTDIR"].includes(codeOf(error))) throw unreadable(candidate, error);
    }
  }
  throw new ImgwireError("file_not_found", `No such file: ${typed} (looked for ${candidates.join(", ")}).`, {
    hint: candidates.length > 1 ? "Give the file's absolute path." : "Check the spelling of the path."
  });
}

async function approve(path: string, policy: PathPolicy, ask: AskForFolder | undefined): Promise<void> {
  const roots = policy.resolvedRoots ?? (await resolveRoots(policy));
  const verdict = verdictOn(path, roots);
  if (verdict === "allowed") return;
  const askable = verdict === "outside" && ASKABLE.has(extname(path).toLowerCase()) && !/[\\/]\./.test(path);
  if (askable && ask && (await ask(dirname(path)))) return;
  throw outsideRootsError(path, verdict, roots);
}

function refuseIrregular(path: string, stats: BigIntStats): void {
  if (!stats.isFile()) {
    throw new ImgwireError("not_a_file", `${path} is ${kindOf(stats)}, not a file. Nothing was sent.`, {
      hint: stats.isDirectory()
        ? "Name the files in it, or use a glob pattern."
        : "Give the path of an image file."
    });
  }
  if (stats.nlink > 1n) {
    throw new ImgwireError(
      "hard_link",
      `${path} has ${stats.nlink} hard links, so it may also be a file outside the upload roots. Nothing was sent.`,
      { hint: "Copy the file and upload the copy." }
    );
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a FIFO";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

async function verifyDescriptor(path: string, handle: FileHandle, opened: BigIntStats): Promise<void> {
  const now = await lstat(path, { bigint: true }).catch(() => undefined);
  const same = now?.dev === opened.dev && now.ino === opened.ino;
  if (same && (await realpath(path).catch(() => "")) === path && (await isAt(handle, path))) return;
  throw new ImgwireError(
    "file_changed",
    `${path} was replaced while it was being opened. Nothing was sent.`,
    {
      hint: "Try again."
    }
  );
}

/** On Linux, asks the kernel for the descriptor's path. Elsewhere the other checks have to suffice. */
async function isAt(handle: FileHandle, path: string): Promise<boolean> {
  if (process.platform !== "linux") return true;
  return (await readlink(`/proc/self/fd/${handle.fd}`).catch(() => path)) === path;
}

function throwUnreadable(path: string) {
  return (error: unknown): never => {
    throw unreadable(path, error);
  };
}
