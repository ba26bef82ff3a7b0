import { type ByteSource, demand, type Proof, type Range } from "./source.ts";

/** Validates a GIF (GIF89a specification): a screen, at least one image, and blocks up to the trailer. */
export async function proveGif(source: ByteSource): Promise<Proof> {
  const screen = await source.read(0, 13);
  demand(screen.readUInt16LE(6) > 0 && screen.readUInt16LE(8) > 0, "its GIF has no width or height");
  const pixels: Range[] = [];
  for (let at = 13 + colourTable(screen[10] ?? 0); ;) {
    const [introducer] = await source.read(at, 1);
    if (introducer === 0x3b) {
      demand(pixels.length > 0, "its GIF has no image");
      return { end: at + 1, pixels };
    }
    if (introducer === 0x21) at = await endOfBlocks(source, at + 2);
    else {
      demand(introducer === 0x2c, "one of its GIF blocks is unknown");
      const image = await source.read(at, 10);
      const data = at + 10 + colourTable(image[9] ?? 0);
      const [codeSize = 0] = await source.read(data, 1);
      demand(codeSize >= 1 && codeSize <= 11, "a GIF image has a wrong code size");
      at = await endOfBlocks(source, data + 1);
      pixels.push({ start: data + 1, end: at });
    }
  }
}

/** The size of a colour table, from the packed field that describes it. */
function colourTable(packed: number): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}

/** Skips sub-blocks. Each starts with its length; length 0 ends them. */
async function endOfBlocks(source: ByteSource, start: number): Promise<number> {
  for (let at = start; ;) {
    const [length = 0] = await source.read(at, 1);
    at += 1 + length;
    if (length === 0) return at;
  }
}
