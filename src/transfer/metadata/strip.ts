import type { EventEmitter } from "node:events";
import { constants } from "node:fs";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImgwireError } from "../../errors.ts";
import { unwritable } from "../../system/write-error.ts";
import { identify } from "../image/identify.ts";
import { type ByteSource, MalformedImage, piecesOf, sourceOf } from "../image/source.ts";
import { changed } from "../inspect.ts";
import { type OpenFile, stampOf } from "../open.ts";
import { findMetadata } from "./find.ts";
import type { Edit } from "./findings.ts";

/**
 * Removes an image's metadata: positions, serial numbers, names, dates, comments, previews and anything else
 * that isn't needed to show it. Orientation and colour profile are kept, and the pixel data is unchanged byte
 * for byte.
 *
 * If there is something to remove, the result is a private copy that disappears when its handle is closed,
 * and the given file is closed. A file that isn't an image is returned unchanged; inspecting it reports why.
 * @throws ImgwireError `metadata_unreadable`, `file_changed`, `file_unwritable`; the signal's reason
 */
export async function withoutMetadata(file: OpenFile, signal?: AbortSignal): Promise<OpenFile> {
  const source = sourceOf(file.handle, file.size);
  const edits = await editsFor(file.path, source);
  if (edits.length === 0) return file;
  const copy = await openPrivate();
  try {
    const size = await write(copy, source, edits, signal);
    if (stampOf(await file.handle.stat({ bigint: true })) !== file.stamp) throw changed(file.path);
    const stamp = stampOf(await copy.stat({ bigint: true }));
    await file.handle.close();
    return { path: file.path, handle: copy, size, stamp };
  } catch (error) {
    await copy.close();
    throw error;
  }
}

async function editsFor(path: string, source: ByteSource): Promise<readonly Edit[]> {
  const verdict = source.size === 0 ? undefined : await identify(source);
  if (verdict?.kind !== "image") return [];
  try {
    return (await findMetadata(source, verdict.mimeType)).edits;
  } catch (error) {
    if (!(error instanceof MalformedImage)) throw error;
    throw new ImgwireError(
      "metadata_unreadable",
      `The metadata of ${path} can't be removed: ${error.message}. Nothing was sent.`,
      { hint: "Export the image again, or upload it without --strip-metadata.", cause: error }
    );
  }
}

/** Opens a file that no other user can open. Except on Windows, it has no name. */
async function openPrivate(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "imgwire-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const handle = await open(
      join(folder, "image"),
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
      0o600
    );
    if (process.platform === "win32") (handle as unknown as EventEmitter).once("close", () => void remove());
    else await remove();
    return handle;
  } catch (error) {
    await remove();
    throw unwritable(folder, error);
  }
}

/** Writes a file with its edits applied and returns the size. */
async function write(
  copy: FileHandle,
  source: ByteSource,
  edits: readonly Edit[],
  signal: AbortSignal | undefined
): Promise<number> {
  let size = 0;
  const append = async (bytes: Buffer): Promise<void> => {
    signal?.throwIfAborted();
    await copy.writeFile(bytes).catch((error: unknown) => {
      throw unwritable(tmpdir(), error);
    });
    size += bytes.length;
  };
  let at = 0;
  for (const { start, end, bytes, zeros } of edits) {
    for await (const piece of piecesOf(source, { start: at, end: start })) await append(piece);
    await append(Buffer.concat([bytes, Buffer.alloc(zeros)]));
    at = end;
  }
  for await (const piece of piecesOf(source, { start: at, end: source.size })) await append(piece);
  return size;
}
