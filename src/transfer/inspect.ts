import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { basename, extname } from "node:path";
import { ImgwireError } from "../errors.ts";
import { identify, type ImageVerdict } from "./image/identify.ts";
import { sourceOf } from "./image/source.ts";
import { hasPosition } from "./metadata/find.ts";
import { type OpenFile, stampOf } from "./open.ts";
import { readChunks } from "./read.ts";

/** The largest upload limit that Imgwire can be configured for. */
export const MAX_UPLOAD_BYTES = 104_857_600;

/** The supported types and their file extensions, the most common one first. */
export const SUPPORTED_TYPES: Readonly<Record<string, readonly string[]>> = {
  "image/jpeg": ["jpg", "jpeg", "jpe", "jfif"],
  "image/jxl": ["jxl"],
  "image/png": ["png", "apng"],
  "image/webp": ["webp"],
  "image/avif": ["avif", "avifs"],
  "image/gif": ["gif"],
  "image/vnd.microsoft.icon": ["ico"],
  "image/heic": ["heic", "heif"],
  "image/bmp": ["bmp", "dib"],
  "image/tiff": ["tif", "tiff"]
};

const TYPE_NAMES = "JPEG, JPEG XL, PNG, WebP, AVIF, GIF, ICO, HEIC, BMP, TIFF";

/** The properties of a file that are sent to Imgwire. */
export interface FileFacts {
  fileName: string;
  /** One of {@link SUPPORTED_TYPES}, detected from the content. */
  mimeType: string;
  size: number;
  /** Lower-case hexadecimal. */
  sha256: string;
}

/** A file that may be uploaded. */
export interface Inspected extends FileFacts {
  /** A sentence for the user if the extension doesn't match the content; otherwise undefined. */
  mismatch: string | undefined;
  /** Whether its metadata says where it was taken. */
  hasPosition: boolean;
}

/** The file is not an image that Imgwire supports; `kind` says what it is. */
export class NotAnImageError extends ImgwireError {
  readonly kind: Exclude<ImageVerdict["kind"], "image">;

  constructor(path: string, verdict: Exclude<ImageVerdict, { kind: "image" }>) {
    super("not_an_image", `${path} ${describe(verdict)} Nothing was sent.`, { hint: hintFor(verdict) });
    this.kind = verdict.kind;
  }
}

/**
 * Identifies an opened file and rejects it if Imgwire couldn't accept it. The extension is only compared with
 * the content.
 * @throws ImgwireError `file_empty`, `file_too_large`, `not_an_image`, `file_changed`
 */
export async function inspect(file: OpenFile, signal?: AbortSignal): Promise<Inspected> {
  refuseSize(file);
  const fileName = basename(file.path);
  const mimeType = await typeOf(file);
  const sha256 = await digest(file, signal);
  const mismatch = mismatchOf(fileName, mimeType);
  const positioned = await hasPosition(sourceOf(file.handle, file.size), mimeType);
  return { fileName, mimeType, size: file.size, sha256, mismatch, hasPosition: positioned };
}

function refuseSize({ path, size }: OpenFile): void {
  if (size === 0) throw new ImgwireError("file_empty", `${path} is empty. Nothing was sent.`);
  if (size <= MAX_UPLOAD_BYTES) return;
  throw new ImgwireError(
    "file_too_large",
    `${path} is ${Math.ceil(size / 1_048_576)} MiB; the limit is 100 MiB. Nothing was sent.`,
    { hint: "Resize or compress it." }
  );
}

async function typeOf({ path, handle, size }: OpenFile): Promise<string> {
  const verdict = await identify(sourceOf(handle, size));
  if (verdict.kind === "image") return verdict.mimeType;
  throw new NotAnImageError(path, verdict);
}

function describe(verdict: Exclude<ImageVerdict, { kind: "image" }>): string {
  switch (verdict.kind) {
    case "damaged":
      return `starts like ${verdict.mimeType}, but isn't a complete image: ${verdict.wrong}.`;
    case "lfs-pointer":
      return "is a Git LFS pointer, not the image itself.";
    case "unsupported":
      return verdict.name === "SVG" ? "is an SVG, which Imgwire does not support." : `is ${verdict.name}.`;
    case "unknown":
      return "is not an image.";
  }
}

function hintFor({ kind }: ImageVerdict): string {
  if (kind === "lfs-pointer") return "Run `git lfs pull` first.";
  if (kind === "damaged") return "Check that it opens in an image viewer, or export it again.";
  return `Supported: ${TYPE_NAMES} (checked by content, not extension).`;
}

/**
 * Returns the MIME type of an open file that came from Imgwire, in Imgwire's spelling, even if the image is
 * damaged. Undefined if it isn't a supported image.
 */
export async function imageTypeOf(handle: FileHandle, size: number): Promise<string | undefined> {
  const verdict = await identify(sourceOf(handle, size));
  return verdict.kind === "image" || verdict.kind === "damaged" ? verdict.mimeType : undefined;
}

async function digest(file: OpenFile, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of readChunks(file.handle, file.size, signal)) hash.update(chunk);
  if (stampOf(await file.handle.stat({ bigint: true })) !== file.stamp) throw changed(file.path);
  return hash.digest("hex");
}

/** Creates the error for a file that changed while it was being read. */
export function changed(path: string): ImgwireError {
  return new ImgwireError("file_changed", `${path} changed while it was being read. It was not uploaded.`, {
    hint: "Upload it again when the program that writes it has finished."
  });
}

function mismatchOf(fileName: string, mimeType: string): string | undefined {
  const extension = extname(fileName).slice(1).toLowerCase();
  if (extension === "" || SUPPORTED_TYPES[mimeType]?.includes(extension)) return undefined;
  return `${fileName} was uploaded as ${mimeType}, which is what it contains despite its extension.`;
}
