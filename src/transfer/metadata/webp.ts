import { readRiff } from "../image/webp.ts";
import type { ByteSource } from "../image/source.ts";
import { type Exif, orientationOnly, readExif } from "./exif.ts";
import { type Edit, type Findings, isPositionedXmp, overwritten, removed } from "./findings.ts";

/** The chunks that make up the image (RFC 9649, section 2.7). */
const KEPT = ["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"];
/** The flags in VP8X that announce Exif and XMP. */
const [HAS_EXIF, HAS_XMP] = [0x08, 0x04];

/** Finds the metadata of a WebP: all other chunks, and anything after the image. */
export async function findInWebp(source: ByteSource): Promise<Findings> {
  const edits: Edit[] = [];
  let exif: Exif | undefined;
  let flagsAt: number | undefined;
  let hasPosition = false;
  let end = 12;
  for await (const chunk of readRiff(source)) {
    end = chunk.end;
    if (chunk.type === "VP8X") flagsAt = chunk.data.start;
    if (KEPT.includes(chunk.type)) continue;
    const { start, end: dataEnd } = chunk.data;
    const bytes = Buffer.from(await source.read(start, dataEnd - start));
    if (chunk.type === "XMP ") hasPosition ||= isPositionedXmp(bytes);
    if (chunk.type === "EXIF") {
      const read = await readExif(withoutMark(bytes));
      hasPosition ||= read.hasPosition;
      exif ??= read;
    }
    edits.push(removed(chunk));
  }
  // Only the extended format, which has a VP8X chunk, can contain Exif.
  const block = flagsAt === undefined ? Buffer.alloc(0) : orientationChunk(exif);
  if (end < source.size || block.length > 0)
    edits.push({ start: end, end: source.size, bytes: block, zeros: 0 });
  return { edits: [...(await headers(source, edits, flagsAt, block.length > 0)), ...edits], hasPosition };
}

/** Removes the prefix that JPEG puts before Exif and that some programs write here as well. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.toString("latin1", 0, 4) === "Exif" ? 6 : 0);
}

/** A chunk that contains only the orientation; empty if the image is upright. */
function orientationChunk(before: Exif | undefined): Buffer {
  const exif = orientationOnly(before?.orientation ?? 1);
  if (exif.length === 0) return exif;
  const head = Buffer.from("EXIF\0\0\0\0", "latin1");
  head.writeUInt32LE(exif.length, 4);
  return Buffer.concat([head, exif]);
}

/** Edits for the file size and for the flags that announce metadata. */
async function headers(
  source: ByteSource,
  edits: readonly Edit[],
  flagsAt: number | undefined,
  hasExif: boolean
): Promise<Edit[]> {
  const grown = edits.reduce((sum, { start, end, bytes }) => sum + bytes.length - (end - start), 0);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(source.size + grown - 8);
  const all = [overwritten({ start: 4, end: 8 }, size)];
  if (flagsAt === undefined) return all;
  const [flags = 0] = await source.read(flagsAt, 1);
  const kept = (flags & ~(HAS_EXIF | HAS_XMP)) | (hasExif ? HAS_EXIF : 0);
  return [...all, overwritten({ start: flagsAt, end: flagsAt + 1 }, Buffer.from([kept]))];
}
