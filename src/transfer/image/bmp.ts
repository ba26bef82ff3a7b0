import { type ByteSource, demand, type Proof } from "./source.ts";

const HEADER_BYTES = [12, 16, 40, 52, 56, 64, 108, 124];
const BITS = [0, 1, 2, 4, 8, 16, 24, 32];
/** BI_RGB, BI_BITFIELDS and BI_ALPHABITFIELDS: uncompressed rows of pixels. */
const UNCOMPRESSED = [0, 3, 6];
const COMPRESSIONS = [...UNCOMPRESSED, 1, 2, 4, 5, 11, 12, 13];

/** A bitmap's header (Windows GDI, BITMAPINFOHEADER and its variants). */
export interface BitmapHeader {
  headerBytes: number;
  width: number;
  height: number;
  bits: number;
  compression: number;
  /** May be 0 if the rows are uncompressed. */
  imageBytes: number;
}

/** @throws MalformedImage unless there is a bitmap header at `at` */
export async function readBitmapHeader(source: ByteSource, at: number): Promise<BitmapHeader> {
  const headerBytes = (await source.read(at, 4)).readUInt32LE();
  demand(HEADER_BYTES.includes(headerBytes), "its bitmap header has an unknown size");
  const header = await source.read(at, headerBytes);
  const isCore = headerBytes === 12;
  const [width, height] = isCore
    ? [header.readUInt16LE(4), header.readUInt16LE(6)]
    : [header.readInt32LE(4), Math.abs(header.readInt32LE(8))];
  const planes = header.readUInt16LE(isCore ? 8 : 12);
  const bits = header.readUInt16LE(isCore ? 10 : 14);
  const compression = headerBytes >= 40 ? header.readUInt32LE(16) : 0;
  demand(width > 0 && height > 0 && planes === 1, "its bitmap has no width or height");
  demand(BITS.includes(bits) && COMPRESSIONS.includes(compression), "its bitmap has an unknown format");
  const imageBytes = UNCOMPRESSED.includes(compression) ? 0 : header.readUInt32LE(20);
  return { headerBytes, width, height, bits, compression, imageBytes };
}

/** The size of the pixel data; each row is padded to a multiple of four bytes. */
export function bytesOfRows(width: number, height: number, bits: number): number {
  return Math.ceil((width * bits) / 32) * 4 * height;
}

/** Validates a BMP: its headers are consistent and all its pixels are present. */
export async function proveBmp(source: ByteSource): Promise<Proof> {
  const file = await source.read(0, 14);
  const start = file.readUInt32LE(10);
  const { headerBytes, width, height, bits, imageBytes } = await readBitmapHeader(source, 14);
  demand(start >= 14 + headerBytes && start < source.size, "its bitmap starts outside the file");
  const end = start + (imageBytes || bytesOfRows(width, height, bits));
  demand(end <= source.size && end > start, "it is shorter than its bitmap");
  return { end: Math.max(end, await endOfProfile(source, headerBytes)), pixels: [{ start, end }] };
}

/** A BITMAPV5HEADER can refer to a colour profile after the pixels. */
async function endOfProfile(source: ByteSource, headerBytes: number): Promise<number> {
  if (headerBytes < 124) return 0;
  const profile = await source.read(14 + 112, 8);
  const end = 14 + profile.readUInt32LE(0) + profile.readUInt32LE(4);
  return end <= source.size && profile.readUInt32LE(4) > 0 ? end : 0;
}
