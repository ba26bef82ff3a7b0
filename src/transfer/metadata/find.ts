import { type ByteSource, MalformedImage } from "../image/source.ts";
import { findInHeif, findInJxl } from "./boxes.ts";
import type { Findings } from "./findings.ts";
import { findInJpeg } from "./jpeg.ts";
import { findInPng } from "./png.ts";
import { findInTiff } from "./tiff.ts";
import { findInWebp } from "./webp.ts";

/** GIF, ICO and BMP are not listed: no camera writes them. */
const FINDERS: Readonly<Record<string, (source: ByteSource) => Promise<Findings>>> = {
  "image/jpeg": findInJpeg,
  "image/png": findInPng,
  "image/webp": findInWebp,
  "image/tiff": findInTiff,
  "image/heic": findInHeif,
  "image/avif": findInHeif,
  "image/jxl": findInJxl
};

/**
 * Finds the metadata of an image.
 * @throws MalformedImage if it can't be determined
 */
export async function findMetadata(source: ByteSource, mimeType: string): Promise<Findings> {
  return (await FINDERS[mimeType]?.(source)) ?? { edits: [], hasPosition: false };
}

/** Whether an image's metadata says where it was taken, as far as that can be determined. */
export async function hasPosition(source: ByteSource, mimeType: string): Promise<boolean> {
  try {
    return (await findMetadata(source, mimeType)).hasPosition;
  } catch (error) {
    if (error instanceof MalformedImage) return false;
    throw error;
  }
}
