import { type ByteSource, demand, MalformedImage, piecesOf, type Proof, type Range } from "./source.ts";

/** A chunk (PNG, third edition, section 5.3), including its length, type and CRC. */
export interface Chunk extends Range {
  type: string;
  data: Range;
}

/**
 * Iterates over the chunks of a PNG up to IEND, which is the last one.
 * @throws MalformedImage
 */
export async function* readChunks(source: ByteSource): AsyncGenerator<Chunk, void> {
  for (let start = 8; ;) {
    const head = await source.read(start, 8);
    const length = head.readUInt32BE();
    const type = head.toString("latin1", 4);
    demand(/^[A-Za-z]{4}$/.test(type), "one of its PNG chunks has no type");
    const data = { start: start + 8, end: start + 8 + length };
    const chunk = { type, start, data, end: data.end + 4 };
    demand(chunk.end <= source.size, "its last PNG chunk is cut short");
    yield chunk;
    if (type === "IEND") return;
    start = chunk.end;
  }
}

/** The bit depths allowed for each colour type (section 11.2.1). */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16]
};

/** Validates a PNG: IHDR, image data, IEND, and the CRCs of all critical chunks. */
export async function provePng(source: ByteSource): Promise<Proof> {
  const pixels: Range[] = [];
  let first = true;
  for await (const chunk of readChunks(source)) {
    if (first) checkHeader(chunk, await source.read(chunk.data.start, 13));
    first = false;
    if (/^[A-Z]/.test(chunk.type)) await checkCrc(source, chunk);
    if (chunk.type === "IDAT") pixels.push(chunk.data);
    if (chunk.type !== "IEND") continue;
    demand(pixels.length > 0, "its PNG has no image data");
    return { end: chunk.end, pixels };
  }
  throw new MalformedImage("its PNG has no end");
}

function checkHeader({ type, data }: Chunk, header: Buffer): void {
  demand(type === "IHDR" && data.end - data.start === 13, "its PNG does not start with a header");
  const [depth = 0, colour = 0, compression, filter, interlace = 2] = header.subarray(8);
  demand(header.readUInt32BE(0) > 0 && header.readUInt32BE(4) > 0, "its PNG has no width or height");
  demand(DEPTHS[colour]?.includes(depth) === true, "its PNG has an unknown colour type");
  demand(compression === 0 && filter === 0 && interlace <= 1, "its PNG header is wrong");
}

async function checkCrc(source: ByteSource, { data }: Chunk): Promise<void> {
  let crc = ~0;
  for await (const piece of piecesOf(source, { start: data.start - 4, end: data.end }))
    crc = updateCrc(crc, piece);
  const expected = (await source.read(data.end, 4)).readUInt32BE();
  demand(~crc >>> 0 === expected, "one of its PNG chunks has a wrong checksum");
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * Continues a CRC-32 (ISO 3309, annex D). Start with ~0 and invert the result. Not every Node 20 has
 * `zlib.crc32`.
 */
export function updateCrc(crc: number, bytes: Buffer): number {
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return crc;
}
