import { inflateSync } from "node:zlib";
import { type Chunk, readChunks, updateCrc } from "../image/png.ts";
import type { ByteSource } from "../image/source.ts";
import { orientationOnly, readExif } from "./exif.ts";
import { type Edit, type Findings, isPositionedXmp, removed } from "./findings.ts";

/** Chunks that a decoder needs or that affect how the image looks (PNG, third edition, section 11.3). */
const KEPT = new Set(
  "cHRM gAMA iCCP sBIT sRGB cICP mDCV mDCv cLLI cLLi bKGD hIST pHYs sPLT tRNS acTL fcTL fdAT".split(" ")
);

/** Finds the metadata of a PNG: all other chunks, and anything after the image. */
export async function findInPng(source: ByteSource): Promise<Findings> {
  const edits: Edit[] = [];
  let hasPosition = false;
  for await (const chunk of readChunks(source)) {
    const { type, data, end } = chunk;
    if (type === "IEND" && end < source.size) edits.push(removed({ start: end, end: source.size }));
    if (/^[A-Z]/.test(type) || KEPT.has(type)) continue;
    const bytes = Buffer.from(await source.read(data.start, data.end - data.start));
    if (type === "eXIf") {
      const exif = await readExif(bytes);
      hasPosition ||= exif.hasPosition;
      edits.push({ ...removed(chunk), bytes: chunkOf(orientationOnly(exif.orientation)) });
    } else {
      hasPosition ||= await isPositionedText(chunk, bytes);
      edits.push(removed(chunk));
    }
  }
  return { edits, hasPosition };
}

function chunkOf(exif: Buffer): Buffer {
  if (exif.length === 0) return exif;
  const chunk = Buffer.alloc(12 + exif.length);
  chunk.writeUInt32BE(exif.length);
  chunk.write("eXIf", 4, "latin1");
  exif.copy(chunk, 8);
  chunk.writeUInt32BE(~updateCrc(~0, chunk.subarray(4, -4)) >>> 0, chunk.length - 4);
  return chunk;
}

/**
 * XMP is stored in iTXt. Programs without support for eXIf store Exif as hexadecimal digits in a text chunk
 * of its own.
 */
async function isPositionedText({ type }: Chunk, bytes: Buffer): Promise<boolean> {
  if (!["tEXt", "zTXt", "iTXt"].includes(type)) return false;
  const keyword = bytes.toString("latin1", 0, Math.max(0, bytes.indexOf(0)));
  const text = textOf(type, bytes, keyword.length + 1);
  const digits =
    /^Raw profile type (?:exif|APP1)$/i.test(keyword) && /\n\s*\d+\n([\s\da-f]+)/i.exec(text)?.[1];
  if (!digits) return isPositionedXmp(Buffer.from(text, "latin1"));
  const raw = Buffer.from(digits.replace(/\s/g, ""), "hex");
  return (await readExif(raw.subarray(raw.toString("latin1", 0, 4) === "Exif" ? 6 : 0))).hasPosition;
}

const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** Returns the text after the keyword, decompressed (section 11.3.3). */
function textOf(type: string, bytes: Buffer, at: number): string {
  if (type === "tEXt") return bytes.toString("latin1", at);
  const packed = type === "zTXt" || bytes[at] === 1;
  let start = at + 1;
  // Skip the compression method, the language and the translated keyword.
  if (type === "iTXt") start = bytes.indexOf(0, bytes.indexOf(0, at + 2) + 1) + 1;
  const text = bytes.subarray(start);
  try {
    return (packed ? inflateSync(text, { maxOutputLength: MAX_TEXT_BYTES }) : text).toString("latin1");
  } catch {
    return "";
  }
}
