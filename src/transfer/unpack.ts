import { constants } from "node:fs";
import { copyFile, link, lstat, open, rename } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { codeOf, ImgwireError } from "../errors.ts";
import { unwritable } from "../system/write-error.ts";
import { harmlessName } from "./harmless-name.ts";
import { imageTypeOf, SUPPORTED_TYPES } from "./inspect.ts";
import { savedTo } from "./save.ts";

/** A downloaded image. */
export interface SavedImage {
  /** Absolute. */
  path: string;
  size: number;
  mimeType: string;
}

/** An unpacked image, ready to be moved to its final name. */
export interface UnpackedImage {
  /** Its temporary path. */
  at: string;
  /** A file name that is safe on every system and unique within the archive. */
  name: string;
  size: number;
  mimeType: string;
}

/** The limits for an archive. */
export interface ArchiveLimits {
  files: number;
  bytes: number;
}

/**
 * Unpacks an archive of images into a private folder under numbered names; names in the archive are never
 * used as paths. Links, encrypted entries, more files or bytes than requested, and anything that isn't a
 * supported image cause the whole archive to be rejected.
 * @throws ImgwireError `archive_refused`, `file_unwritable`
 */
export async function unpack(
  archive: string,
  folder: string,
  limits: ArchiveLimits,
  signal: AbortSignal
): Promise<readonly UnpackedImage[]> {
  const zip = await openPromise(archive, { autoClose: false }).catch(refuse);
  try {
    const entries = await entriesOf(zip, limits, signal);
    const images: UnpackedImage[] = [];
    const names = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      signal.throwIfAborted();
      const at = join(folder, String(index));
      const stream = await zip.openReadStreamPromise(entry).catch(refuse);
      await pipeline(stream, savedTo(at, 0o644, dirname(folder)), { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        refuse(error);
      });
      const mimeType = await typeAt(at, entry.fileName);
      images.push({
        at,
        name: uniqueName(entry.fileName, mimeType, names),
        size: entry.uncompressedSize,
        mimeType
      });
    }
    return images;
  } finally {
    zip.close();
  }
}

/** Where to save downloaded images. */
export interface Destination {
  /** Exists and is writable. */
  folder: string;
  /** The file name to use for a single image instead of its own. */
  name?: string | undefined;
  /** Whether to replace existing files. */
  overwrite: boolean;
  /** Whether to keep existing files and save only the rest; false by default. */
  skipExisting?: boolean;
}

/**
 * Moves unpacked images to the destination folder under their final names.
 * @returns the images that were moved
 * @throws ImgwireError `file_exists`, before anything is moved, if a name is taken and `overwrite` is not
 *   set; `file_unwritable`
 */
export async function place(
  images: readonly UnpackedImage[],
  { folder, name: chosenName, overwrite, skipExisting }: Destination
): Promise<readonly SavedImage[]> {
  const targets = images.map(({ at, name, ...rest }) => ({
    at,
    saved: { path: join(folder, chosenName ?? name), ...rest }
  }));
  const taken = await Promise.all(targets.map(({ saved }) => isTaken(saved.path, overwrite)));
  const conflicts = targets.filter((_, index) => taken[index]).map(({ saved }) => saved.path);
  if (conflicts.length > 0 && !skipExisting) throw exists(conflicts);
  const free = targets.filter((_, index) => !taken[index]);
  for (const { at, saved } of free) {
    await (overwrite ? rename(at, saved.path) : moveToFree(at, saved.path)).catch((error: unknown) => {
      throw error instanceof ImgwireError ? error : unwritable(saved.path, error);
    });
  }
  return free.map(({ saved }) => saved);
}

async function entriesOf(
  zip: ZipFile,
  limits: ArchiveLimits,
  signal: AbortSignal
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let bytes = 0;
  // Folders have their own entries.
  if (zip.entryCount > 2 * limits.files + 16)
    refuse(`it has ${zip.entryCount} entries for ${limits.files} files`);
  try {
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      if (entry.fileName.endsWith("/")) continue;
      entries.push(entry);
      bytes += entry.uncompressedSize;
      if (isLink(entry)) refuse(`${JSON.stringify(entry.fileName)} is a link`);
      if (!entry.canDecodeFileData()) refuse("it is encrypted or compressed in an unknown way");
      if (entries.length > limits.files) refuse(`it has more files than the ${limits.files} requested`);
      if (bytes > limits.bytes) refuse("it would unpack to more than its images can be");
    }
  } catch (error) {
    signal.throwIfAborted();
    refuse(error);
  }
  return entries;
}

/** On Unix the file type is in the upper half of the attributes (APPNOTE 4.4.15). */
function isLink({ externalFileAttributes }: Entry): boolean {
  return ((externalFileAttributes >>> 16) & 0o170000) === 0o120000;
}

async function typeAt(path: string, name: string): Promise<string> {
  const handle = await open(path);
  try {
    const type = await imageTypeOf(handle, (await handle.stat()).size);
    if (type !== undefined && type in SUPPORTED_TYPES) return type;
    return refuse(`${JSON.stringify(name)} is not an image`);
  } finally {
    await handle.close();
  }
}

/**
 * Turns a name in the archive into a file name that is safe on every system, has an extension that matches
 * the content, and isn't in `taken`.
 */
function uniqueName(entryName: string, mimeType: string, taken: Set<string>): string {
  const named = harmlessName(entryName);
  const extensions = SUPPORTED_TYPES[mimeType] ?? [];
  const fits = extensions.includes(extname(named).slice(1).toLowerCase());
  const extension = fits ? extname(named) : `.${extensions[0]}`;
  const stem = fits ? named.slice(0, -extension.length) : named;
  let name = stem + extension;
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${stem} (${number})${extension}`;
  taken.add(name.toLowerCase());
  return name;
}

/**
 * With `overwrite`, files and links are replaced (links are never followed); anything else blocks the name.
 */
async function isTaken(path: string, overwrite: boolean): Promise<boolean> {
  const there = await lstat(path).catch(() => undefined);
  return there !== undefined && !(overwrite && (there.isFile() || there.isSymbolicLink()));
}

/** Moves a file atomically unless the name is taken. File systems without hard links get a copy. */
async function moveToFree(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw exists([to]);
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

function refuse(reason: unknown): never {
  if (reason instanceof ImgwireError) throw reason;
  const why = reason instanceof Error ? reason.message : String(reason);
  throw new ImgwireError(
    "archive_refused",
    `The downloaded archive was refused: ${why}. Nothing was saved.`,
    {
      cause: reason
    }
  );
}

function exists(paths: readonly string[]): ImgwireError {
  const shown = paths.slice(0, 10).join(", ") + (paths.length > 10 ? ", …" : "");
  const what = paths.length === 1 ? `${shown} already exists` : `These files already exist: ${shown}`;
  return new ImgwireError("file_exists", `${what}; nothing was downloaded.`, {
    hint: `Add --overwrite to replace ${paths.length === 1 ? "it" : "them"}, or --skip-existing.`,
    agentHint: "Set `overwrite` to true to replace them, or choose another folder."
  });
}
