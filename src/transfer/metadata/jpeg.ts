import { readSegments, type Segment } from "../image/jpeg.ts";
import type { ByteSource } from "../image/source.ts";
import { type Exif, orientationOnly, readExif } from "./exif.ts";
import { type Edit, type Findings, isPositionedXmp, removed } from "./findings.ts";

const [APP0, APP1, APP2, APP14, APP15, COM, EOI] = [0xe0, 0xe1, 0xe2, 0xee, 0xef, 0xfe, 0xd9];

/** Application segments that affect how the image looks: density, colour profile, colour transform. */
const KEPT: Readonly<Record<number, string>> = {
  [APP0]: "JFIF\0",
  [APP2]: "ICC_PROFILE\0",
  [APP14]: "Adobe"
};
const EXIF = "Exif\0\0";

/**
 * Finds the metadata of a JPEG: comments, all application segments that don't affect how the image looks, and
 * anything after the image, such as a second image or a video.
 */
export async function findInJpeg(source: ByteSource): Promise<Findings> {
  const edits: Edit[] = [];
  let exif: Exif | undefined;
  let hasPosition = false;
  for await (const segment of readSegments(source)) {
    const { marker, start, end } = segment;
    if (marker === EOI && end < source.size) edits.push(removed({ start: end, end: source.size }));
    if (!mayBeMetadata(segment)) continue;
    const data = Buffer.from(await source.read(start + 4, end - start - 4));
    if (isNeeded(marker, data)) continue;
    const found = await exifIn(marker, data);
    const block = exif || !found ? Buffer.alloc(0) : segmentOf(orientationOnly(found.orientation));
    edits.push({ ...removed(segment), bytes: block });
    exif ??= found;
    hasPosition ||= found?.hasPosition ?? isPositionedXmp(data);
  }
  return { edits, hasPosition };
}

function mayBeMetadata({ marker }: Segment): boolean {
  return marker === COM || (marker >= APP0 && marker <= APP15);
}

function isNeeded(marker: number, data: Buffer): boolean {
  const id = KEPT[marker];
  return id !== undefined && data.toString("latin1", 0, id.length) === id;
}

async function exifIn(marker: number, data: Buffer): Promise<Exif | undefined> {
  if (marker !== APP1 || data.toString("latin1", 0, EXIF.length) !== EXIF) return undefined;
  return readExif(data.subarray(EXIF.length));
}

function segmentOf(block: Buffer): Buffer {
  if (block.length === 0) return block;
  const head = Buffer.from([0xff, APP1, 0, 2 + EXIF.length + block.length]);
  return Buffer.concat([head, Buffer.from(EXIF, "latin1"), block]);
}
