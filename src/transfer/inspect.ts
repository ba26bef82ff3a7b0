import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { basename, extname } from "node:path";
import { fileTypeFromBlob } from "file-type";
import { ImgwireError } from "../errors.ts";
import { type OpenFile, stampOf } from "./open.ts";
import { readChunks } from "./read.ts";

/** The largest upload that the service can be configured for, in bytes. */
export const MAX_UPLOAD_BYTES = 104_857_600;

/** The supported types and the extensions that files of them have; the first one is the usual one. */
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

/** Names under which a supported type is known to the magic-byte table. */
const SYNONYMS: Readonly<Record<string, string>> = {
  "image/apng": "image/png",
  "image/x-icon": "image/vnd.microsoft.icon"
};

/** What the service is told about a file. */
export interface FileFacts {
  fileName: string;
  /** One of {@link SUPPORTED_TYPES}, by the file's bytes. */
  mimeType: string;
  size: number;
  /** Lower-case hexadecimal. */
  sha256: string;
}

/** A file that may be uploaded. */
export interface Inspected extends FileFacts {
  /** Set where the extension promises another type than the bytes are: a sentence that says so. */
  mismatch: string | undefined;
}

/**
 * Says what an opened file is, and refuses it when the service could not take it. The extension is only compared.
 * @throws ImgwireError `file_empty`, `file_too_large`, `not_an_image`, `file_changed`
 */
export async function inspect(file: OpenFile, signal?: AbortSignal): Promise<Inspected> {
  refuseSize(file);
  const fileName = basename(file.path);
  const mimeType = await typeOf(file);
  const sha256 = await digest(file, signal);
  return { fileName, mimeType, size: file.size, sha256, mismatch: mismatchOf(fileName, mimeType) };
}

function refuseSize({ path, size }: OpenFile): void {
  if (size === 0) throw new ImgwireError("file_empty", `${path} is empty. Nothing was sent.`);
  if (size <= MAX_UPLOAD_BYTES) return;
  throw new ImgwireError(
    "file_too_large",
    `${path} has ${size} bytes; the largest upload is ${MAX_UPLOAD_BYTES} bytes (100 MiB). Nothing was sent.`,
    { hint: "Make the image smaller." }
  );
}

async function typeOf({ path, handle, size }: OpenFile): Promise<string> {
  const found = await imageTypeOf(handle, size);
  if (found !== undefined && found in SUPPORTED_TYPES) return found;
  const what = found ? `is ${found}` : "is not an image that can be recognised";
  throw new ImgwireError("not_an_image", `${path} ${what}. Nothing was sent.`, {
    hint: `Supported by content, whatever the name: ${Object.keys(SUPPORTED_TYPES).join(", ")}.`
  });
}

/** The type of what an open file holds, by its magic bytes, in the service's spelling; undefined when unknown. */
export async function imageTypeOf(handle: FileHandle, size: number): Promise<string | undefined> {
  const found = await fileTypeFromBlob(asBlob(handle, size));
  if (found?.mime === "image/heif") return heifTypeOf(handle);
  return found && (SYNONYMS[found.mime] ?? found.mime);
}

/** A HEIF file whose major brand leaves the codec open names it among the compatible ones (ISO/IEC 23008-12). */
async function heifTypeOf(handle: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
  const end = Math.min(bytesRead, buffer.readUInt32BE(0));
  const brands: string[] = buffer.toString("latin1", 16, end).match(/.{4}/gs) ?? [];
  if (brands.includes("avif")) return "image/avif";
  return brands.some((brand) => brand === "heic" || brand === "heix") ? "image/heic" : "image/heif";
}

/** As much of a `Blob` as detection reads: it reads only the places it needs, through our own descriptor. */
function asBlob(handle: FileHandle, size: number): Blob {
  const slice = (start: number, end: number): Pick<Blob, "arrayBuffer"> => ({
    async arrayBuffer() {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    }
  });
  return { size, type: "", slice } as unknown as Blob;
}

async function digest(file: OpenFile, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of readChunks(file.handle, file.size, signal)) hash.update(chunk);
  if (stampOf(await file.handle.stat({ bigint: true })) !== file.stamp) throw changed(file.path);
  return hash.digest("hex");
}

/** The error for a file that was written to while it was being read. */
export function changed(path: string): ImgwireError {
  return new ImgwireError(
    "file_changed",
    `${path} changed while it was being read, so the upload was abandoned.`,
    {
      hint: "Upload it again when whatever writes it has finished."
    }
  );
}

function mismatchOf(fileName: string, mimeType: string): string | undefined {
  const extension = extname(fileName).slice(1).toLowerCase();
  if (extension === "" || SUPPORTED_TYPES[mimeType]?.includes(extension)) return undefined;
  return `${fileName} is ${mimeType} by its content, whatever its extension says; it was uploaded as that.`;
}
