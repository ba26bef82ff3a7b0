import { type ByteSource, MalformedImage, type Range } from "./source.ts";

/** A box of the ISO base media file format (ISO/IEC 14496-12, section 4.2), including its header. */
export interface Box extends Range {
  type: string;
  data: Range;
}

/**
 * Iterates over the boxes in a range.
 * @throws MalformedImage if a box extends beyond the range
 */
export async function* readBoxes(source: ByteSource, { start, end }: Range): AsyncGenerator<Box, void> {
  for (let at = start; at < end;) {
    const head = await source.read(at, 8);
    const size = head.readUInt32BE();
    const large = size === 1 ? Number((await source.read(at + 8, 8)).readBigUInt64BE()) : size;
    const boxEnd = size === 0 ? end : at + large;
    const dataStart = at + (size === 1 ? 16 : 8);
    if (boxEnd > end || dataStart > boxEnd) throw new MalformedImage("one of its boxes is cut short");
    yield {
      type: head.toString("latin1", 4),
      start: at,
      end: boxEnd,
      data: { start: dataStart, end: boxEnd }
    };
    at = boxEnd;
  }
}

/** Reads the major and compatible brands; empty if the file doesn't start with them. */
export async function readBrands(source: ByteSource): Promise<readonly string[]> {
  const head = source.size < 16 ? Buffer.alloc(16) : await source.read(0, 16);
  const size = head.readUInt32BE();
  if (head.toString("latin1", 4, 8) !== "ftyp" || size < 16 || size > Math.min(source.size, 4096)) return [];
  const brands = (await source.read(0, size)).toString("latin1", 16);
  return [head.toString("latin1", 8, 12), ...(brands.match(/.{4}/gs) ?? [])];
}
