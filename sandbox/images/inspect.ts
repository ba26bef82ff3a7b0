import { open } from "node:fs/promises";
import type { Metadata } from "sharp";
import type { SupportedMimeType } from "../schemas.ts";
import { decoder } from "./decoder.ts";

/** An image's properties, determined from its bytes. */
export interface Inspection {
  mimeType: SupportedMimeType;
  /** In pixels, as stored. */
  width: number;
  height: number;
  exif: Record<string, unknown>;
}

/**
 * Reads a file's type and size from its bytes, and decodes it completely if the decoder supports the type.
 * @returns undefined if it isn't a supported image or is broken
 */
export async function inspect(path: string): Promise<Inspection | undefined> {
  return (await decode(path)) ?? (await readHeader(path));
}

async function decode(path: string): Promise<Inspection | undefined> {
  const sharp = await decoder();
  try {
    const image = sharp(path, { failOn: "error", sequentialRead: true });
    const metadata = await image.metadata();
    const mimeType = mimeTypeOf(metadata);
    if (!mimeType) return undefined;
    await image.resize(8, 8, { fit: "fill" }).raw().toBuffer();
    return { mimeType, width: metadata.width, height: metadata.height, exif: exifOf(metadata) };
  } catch {
    return undefined;
  }
}

function mimeTypeOf({ format, compression }: Metadata): SupportedMimeType | undefined {
  if (format === "heif") return compression === "av1" ? "image/avif" : undefined;
  return (
    {
      jpeg: "image/jpeg",
      png: "image/png",
      webp: "image/webp",
      gif: "image/gif",
      tiff: "image/tiff"
    } as const
  )[format as "jpeg"];
}

function exifOf({ orientation, density, hasAlpha, space }: Metadata): Record<string, unknown> {
  const fields = { Orientation: orientation, XResolution: density, HasAlpha: hasAlpha, ColorSpace: space };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Recognises the supported types that the decoder doesn't know by their headers. */
async function readHeader(path: string): Promise<Inspection | undefined> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(4_096);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    const head = buffer.subarray(0, bytesRead);
    for (const [mimeType, size] of headers) {
      const found = size(head);
      if (found && found.width > 0 && found.height > 0) return { mimeType, ...found, exif: {} };
    }
    return undefined;
  } finally {
    await file.close();
  }
}

type Size = { width: number; height: number } | undefined;

const headers: [SupportedMimeType, (head: Buffer) => Size][] = [
  ["image/bmp", bmpSize],
  ["image/vnd.microsoft.icon", icoSize],
  ["image/heic", heicSize],
  ["image/jxl", jxlSize]
];

function bmpSize(head: Buffer): Size {
  if (head.length < 26 || head.toString("latin1", 0, 2) !== "BM") return undefined;
  return { width: head.readInt32LE(18), height: Math.abs(head.readInt32LE(22)) };
}

/** The size of an icon's first picture; zero means 256. */
function icoSize(head: Buffer): Size {
  if (head.length < 22 || head.readUInt32LE(0) !== 0x0001_0000 || head.readUInt16LE(4) === 0)
    return undefined;
  return { width: head[6] || 256, height: head[7] || 256 };
}

/** ISO/IEC 23008-12: the largest image spatial extents property (`ispe`). */
function heicSize(head: Buffer): Size {
  const brand = head.toString("latin1", 4, 12);
  if (!/^ftyp(hei[csxm]|hev[cxsm]|mif1)/.test(brand)) return undefined;
  let size: Size;
  for (let at = head.indexOf("ispe"); at >= 0 && at + 16 <= head.length; at = head.indexOf("ispe", at + 4)) {
    const found = { width: head.readUInt32BE(at + 8), height: head.readUInt32BE(at + 12) };
    if (!size || found.width * found.height > size.width * size.height) size = found;
  }
  return size;
}

/** ISO/IEC 18181-1 SizeHeader, of a bare codestream or of one in a container's `jxlc` box. */
function jxlSize(head: Buffer): Size {
  const box = head.toString("latin1", 4, 8) === "JXL " ? head.indexOf("jxlc") + 4 : 0;
  const at = box === 3 ? -1 : box;
  if (at < 0 || head.length < at + 12 || head.readUInt16BE(at) !== 0xff0a) return undefined;
  const bits = bitReader(head.subarray(at + 2));
  const small = bits(1) === 1;
  const dimension = () => (small ? 8 * (bits(5) + 1) : bits([9, 13, 18, 30][bits(2)]!) + 1);
  const height = dimension();
  const ratio = bits(3);
  const [numerator, denominator] = jxlRatios[ratio] ?? [0, 1];
  return { height, width: ratio === 0 ? dimension() : Math.floor((height * numerator) / denominator) };
}

const jxlRatios: Record<number, [number, number]> = {
  1: [1, 1],
  2: [12, 10],
  3: [4, 3],
  4: [3, 2],
  5: [16, 9],
  6: [5, 4],
  7: [2, 1]
};

/** Reads little-endian bit fields, least significant bit first. */
function bitReader(bytes: Buffer): (width: number) => number {
  let position = 0;
  return (width) => {
    let value = 0;
    for (let bit = 0; bit < width; bit++, position++) {
      if (((bytes[position >> 3] ?? 0) >> (position & 7)) & 1) value += 2 ** bit;
    }
    return value;
  };
}
