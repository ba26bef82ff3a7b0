import { readHeif, topLevelBoxes } from "../image/heif.ts";
import { type Box, readBoxes } from "../image/isobmff.ts";
import type { ByteSource, Range } from "../image/source.ts";
import { orientationOnly, readOffsetExif } from "./exif.ts";
import { type Edit, type Findings, isPositionedXmp, overwritten, removed, without } from "./findings.ts";

/** Top-level boxes of HEIF files that contain no image: XMP, C2PA, video. */
const FOREIGN_BOXES = ["uuid", "mpvd"];

/**
 * Finds the metadata of a HEIC or AVIF: Exif and XMP items, vendor boxes, descriptions of sequences, and
 * anything after the image. Nothing is moved, because offsets may point anywhere.
 */
export async function findInHeif(source: ByteSource): Promise<Findings> {
  const { items, end } = await readHeif(source);
  const isMetadata = ({ type, contentType }: (typeof items)[number]): boolean =>
    type === "Exif" || contentType === "application/rdf+xml";
  const kept = items.filter((item) => !isMetadata(item)).flatMap(({ extents }) => extents);
  const edits: Edit[] = [];
  let hasPosition = false;
  for (const { type, extents } of items.filter(isMetadata)) {
    const data = await joined(source, extents);
    const exif = type === "Exif" ? await readOffsetExif(data) : undefined;
    hasPosition ||= exif?.hasPosition ?? isPositionedXmp(data);
    const rest = without(extents, kept);
    edits.push(...rest.map((range) => overwritten(range, exif && upright(range, exif.orientation))));
  }
  for (const box of await foreignBoxes(source)) {
    const data = await source.read(box.data.start, box.data.end - box.data.start);
    hasPosition ||=
      isPositionedXmp(data) || data.includes("\xa9xyz", 0, "latin1") || data.includes("ISO6709");
    edits.push(...freed(box, kept));
  }
  if (end < source.size) edits.push(removed({ start: end, end: source.size }));
  return { edits: edits.sort((a, b) => a.start - b.start), hasPosition };
}

/** An Exif block, including its four-byte offset, that contains only the orientation. */
function upright({ start, end }: Range, orientation: number): Buffer {
  const block = Buffer.concat([Buffer.alloc(4), orientationOnly(orientation)]);
  return block.length > 4 && block.length <= end - start ? block : Buffer.alloc(0);
}

async function joined(source: ByteSource, extents: readonly Range[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const { start, end } of extents) parts.push(Buffer.from(await source.read(start, end - start)));
  return Buffer.concat(parts);
}

async function foreignBoxes(source: ByteSource): Promise<Box[]> {
  const found: Box[] = [];
  for await (const box of topLevelBoxes(source)) {
    if (FOREIGN_BOXES.includes(box.type)) found.push(box);
    if (box.type === "moov") found.push(...(await describing(source, box)));
  }
  return found;
}

/** Boxes that describe a video or one of its tracks. */
async function describing(source: ByteSource, parent: Box): Promise<Box[]> {
  const found: Box[] = [];
  for await (const box of readBoxes(source, parent.data)) {
    if (box.type === "udta" || box.type === "meta") found.push(box);
    if (box.type === "trak") found.push(...(await describing(source, box)));
  }
  return found;
}

/** Turns a box into free space (ISO/IEC 14496-12, section 8.1.2). */
function freed({ start, data }: Box, kept: readonly Range[]): Edit[] {
  const type = overwritten({ start: start + 4, end: start + 8 }, Buffer.from("free", "latin1"));
  return [type, ...without([data], kept).map((range) => overwritten(range))];
}

/**
 * JPEG XL container boxes with metadata, including compressed ones (ISO/IEC 18181-2). `jbrd` contains all but
 * the pixels of the original JPEG, such as captions and comments, so that the JPEG can be reconstructed.
 */
const JXL_BOXES = ["Exif", "xml ", "jumb", "brob", "jbrd"];

/** Finds the metadata of a JPEG XL. The orientation isn't affected: it is stored in the codestream. */
export async function findInJxl(source: ByteSource): Promise<Findings> {
  const edits: Edit[] = [];
  let hasPosition = false;
  // A bare codestream has no boxes.
  if ((await source.read(0, 2)).readUInt16BE() === 0xff0a) return { edits, hasPosition };
  for await (const box of readBoxes(source, { start: 0, end: source.size })) {
    if (!JXL_BOXES.includes(box.type)) continue;
    const data = Buffer.from(await source.read(box.data.start, box.data.end - box.data.start));
    hasPosition ||= box.type === "Exif" ? (await readOffsetExif(data)).hasPosition : isPositionedXmp(data);
    edits.push(...freed(box, []));
  }
  return { edits, hasPosition };
}
