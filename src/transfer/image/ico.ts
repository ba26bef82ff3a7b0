import { bytesOfRows, readBitmapHeader } from "./bmp.ts";
import { provePng } from "./png.ts";
import { type ByteSource, demand, partOf, type Proof, type Range } from "./source.ts";

const PNG_SIGNATURE = "89504e470d0a1a0a";

/** Validates an icon: a directory whose entries lead to complete PNGs or bitmaps. */
export async function proveIco(source: ByteSource): Promise<Proof> {
  const count = (await source.read(4, 2)).readUInt16LE();
  demand(count > 0, "its icon directory is empty");
  const pixels: Range[] = [];
  for (let index = 0; index < count; index++) {
    const entry = await source.read(6 + 16 * index, 16);
    const start = entry.readUInt32LE(12);
    const range = { start, end: start + entry.readUInt32LE(8) };
    demand(entry.readUInt16LE(4) <= 1, "an entry of its icon directory is wrong");
    demand(start >= 6 + 16 * count && range.end <= source.size, "its icon directory points outside the file");
    await proveEntry(partOf(source, range));
    pixels.push(range);
  }
  return { end: Math.max(...pixels.map(({ end }) => end)), pixels };
}

async function proveEntry(source: ByteSource): Promise<void> {
  if ((await source.read(0, 8)).toString("hex") === PNG_SIGNATURE) {
    await provePng(source);
    return;
  }
  // The stated height of a bitmap in an icon is doubled, because a mask follows the colours.
  const { headerBytes, width, height, bits } = await readBitmapHeader(source, 0);
  demand(headerBytes === 40 && height % 2 === 0 && bits > 0, "a bitmap in the icon is wrong");
  demand(source.size >= 40 + bytesOfRows(width, height / 2, bits), "a bitmap in the icon is cut short");
}
