import { type ByteSource, demand, type Proof, type Range } from "./source.ts";

/** A RIFF chunk: its name, its data, and the start of the next one. */
export interface RiffChunk extends Range {
  type: string;
  data: Range;
}

/**
 * Iterates over the chunks of a WebP file (RFC 9649, section 2).
 * @throws MalformedImage
 */
export async function* readRiff(source: ByteSource): AsyncGenerator<RiffChunk, void> {
  const end = 8 + (await source.read(4, 4)).readUInt32LE();
  demand(end <= source.size, "it is shorter than its WebP header says");
  for (let start = 12; start + 8 <= end;) {
    const head = await source.read(start, 8);
    const type = head.toString("latin1", 0, 4);
    const data = { start: start + 8, end: start + 8 + head.readUInt32LE(4) };
    demand(/^[\x20-\x7e]{4}$/.test(type) && data.end <= end, "one of its WebP chunks is wrong");
    // Data with an odd length is padded with one byte.
    const next = Math.min(end, data.end + (data.end & 1));
    yield { type, start, data, end: next };
    start = next;
  }
}

/** Validates a WebP: chunks that fill the file, and a bitstream that starts correctly. */
export async function proveWebp(source: ByteSource): Promise<Proof> {
  const pixels: Range[] = [];
  let end = 12;
  for await (const { type, data, ...chunk } of readRiff(source)) {
    if (end === 12) demand(["VP8 ", "VP8L", "VP8X"].includes(type), "its WebP starts with no image");
    if (type === "VP8X") demand(data.end - data.start >= 10, "its WebP header is too short");
    if (type === "VP8 " || type === "VP8L") pixels.push(await bitstream(source, type, data));
    if (type === "ANMF") pixels.push(await frame(source, data));
    end = chunk.end;
  }
  demand(pixels.length > 0, "its WebP has no image data");
  return { end: Math.max(end, 8 + (await source.read(4, 4)).readUInt32LE()), pixels };
}

/** A key frame of VP8 (RFC 6386, section 9.1), or VP8L's signature and version (RFC 9649, section 3.4). */
async function bitstream(source: ByteSource, type: string, data: Range): Promise<Range> {
  demand(data.end - data.start >= 10 || type === "VP8L", "its WebP image is too short");
  if (type === "VP8L") {
    const head = await source.read(data.start, 5);
    demand(head[0] === 0x2f && (head[4] ?? 0xff) >> 5 === 0, "its lossless WebP image is wrong");
  } else {
    const head = await source.read(data.start, 10);
    const size = head.readUIntLE(0, 3) >> 5;
    const isKeyFrame = ((head[0] ?? 1) & 1) === 0 && head.readUIntBE(3, 3) === 0x9d012a;
    demand(isKeyFrame && size <= data.end - data.start, "its WebP image is wrong");
  }
  return data;
}

/** An animation frame: 16 bytes, then chunks as in a still image (RFC 9649, section 2.7.1.1). */
async function frame(source: ByteSource, data: Range): Promise<Range> {
  for (let start = data.start + 16; start + 8 <= data.end;) {
    const head = await source.read(start, 8);
    const type = head.toString("latin1", 0, 4);
    const part = { start: start + 8, end: start + 8 + head.readUInt32LE(4) };
    demand(part.end <= data.end, "a frame of its WebP is wrong");
    if (type === "VP8 " || type === "VP8L") return bitstream(source, type, part);
    start = part.end + (part.end & 1);
  }
  demand(false, "a frame of its WebP has no image data");
}
