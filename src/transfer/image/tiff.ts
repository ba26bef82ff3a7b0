import { type ByteSource, demand, type Proof, type Range } from "./source.ts";

/** A directory field, and the positions of the field and of its values. */
export interface TiffField {
  tag: number;
  type: number;
  count: number;
  /** The position of the values, which are in the field itself if they fit. */
  values: Range;
  /** The position of the field, from its tag to its offset. */
  entry: Range;
}

/** A directory (TIFF 6.0, section 2). */
export interface TiffDirectory {
  start: number;
  fields: readonly TiffField[];
  /** The offset of the next directory; 0 if there is none. */
  next: number;
}

/** Reads numbers in the TIFF's byte order; offsets take 4 bytes, or 8 in a BigTIFF. */
export interface TiffReader {
  source: ByteSource;
  littleEndian: boolean;
  /** Whether it is a BigTIFF. */
  big: boolean;
  first: number;
  directory(at: number): Promise<TiffDirectory>;
  /** Reads the values of an integer field. */
  numbers(field: TiffField): Promise<number[]>;
}

/** The size of a value by its type; types start at 1. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const MAX_VALUES = 1_000_000;

/** @throws MalformedImage unless the source starts like a TIFF or BigTIFF */
export async function openTiff(source: ByteSource): Promise<TiffReader> {
  const order = (await source.read(0, 2)).toString("latin1");
  demand(order === "II" || order === "MM", "its TIFF has no byte order");
  const littleEndian = order === "II";
  const number = async (at: number, bytes: number): Promise<number> => {
    const buffer = await source.read(at, bytes);
    if (bytes === 8) return Number(littleEndian ? buffer.readBigUInt64LE() : buffer.readBigUInt64BE());
    return littleEndian ? buffer.readUIntLE(0, bytes) : buffer.readUIntBE(0, bytes);
  };
  const version = await number(2, 2);
  demand(version === 42 || version === 43, "its TIFF has an unknown version");
  const big = version === 43;
  return {
    source,
    littleEndian,
    big,
    first: big ? await number(8, 8) : await number(4, 4),
    directory: (at) => readDirectory(source, number, at, big),
    async numbers({ type, count, values }) {
      const bytes = TYPE_BYTES[type] ?? 0;
      demand(count <= MAX_VALUES && bytes > 0, "a field of its TIFF has too many values");
      const numbers: number[] = [];
      for (let index = 0; index < count; index++)
        numbers.push(await number(values.start + index * bytes, bytes));
      return numbers;
    }
  };
}

type ReadNumber = (at: number, bytes: number) => Promise<number>;

async function readDirectory(
  source: ByteSource,
  number: ReadNumber,
  start: number,
  big: boolean
): Promise<TiffDirectory> {
  const [countBytes, entryBytes, offsetBytes] = big ? [8, 20, 8] : [2, 12, 4];
  const count = await number(start, countBytes);
  const entries = start + countBytes;
  demand(start >= 8 && count > 0 && count <= 4096, "a directory of its TIFF is wrong");
  demand(entries + count * entryBytes <= source.size, "a directory of its TIFF is cut short");
  const fields: TiffField[] = [];
  for (let at = entries; at < entries + count * entryBytes; at += entryBytes) {
    const [tag, type] = [await number(at, 2), await number(at + 2, 2)];
    const valueCount = await number(at + 4, offsetBytes);
    const bytes = valueCount * (TYPE_BYTES[type] ?? 0);
    const inline = at + 4 + offsetBytes;
    const from = bytes <= offsetBytes ? inline : await number(inline, offsetBytes);
    const entry = { start: at, end: at + entryBytes };
    fields.push({ tag, type, count: valueCount, values: { start: from, end: from + bytes }, entry });
  }
  const link = entries + count * entryBytes;
  // Some writers omit this offset at the end of the file.
  const next = link + offsetBytes <= source.size ? await number(link, offsetBytes) : 0;
  return { start, fields, next };
}

const WIDTH = 256;
const HEIGHT = 257;
const COMPRESSION = 259;
const JPEG_TABLES = 347;
/** The positions and sizes of strips, tiles, and an old-style JPEG. */
const DATA_TAGS = [
  [273, 279],
  [324, 325],
  [513, 514]
] as const;

/** Validates a TIFF: its first directory describes an image, and all data of that image is in the file. */
export async function proveTiff(source: ByteSource): Promise<Proof> {
  const tiff = await openTiff(source);
  const { fields } = await tiff.directory(tiff.first);
  const valid = fields.every(
    ({ type, values }) => (TYPE_BYTES[type] ?? 0) === 0 || values.end <= source.size
  );
  demand(valid && fields.some(({ type }) => (TYPE_BYTES[type] ?? 0) > 0), "a field of its TIFF is wrong");
  const one = async (tag: number): Promise<number | undefined> => {
    const field = fields.find((each) => each.tag === tag);
    return field && field.count > 0 ? (await tiff.numbers({ ...field, count: 1 }))[0] : undefined;
  };
  demand(((await one(WIDTH)) ?? 0) > 0 && ((await one(HEIGHT)) ?? 0) > 0, "its TIFF has no width or height");
  demand(((await one(COMPRESSION)) ?? 1) > 0, "its TIFF has no compression");
  const pixels = await dataOf(tiff, fields);
  demand(pixels.length > 0, "its TIFF has no image data");
  demand(
    pixels.every(({ end }) => end <= source.size),
    "it is shorter than its TIFF image"
  );
  const tables = fields.filter(({ tag, values }) => tag === JPEG_TABLES && values.end > values.start);
  return { end: await endOf(tiff), pixels: [...pixels, ...tables.map(({ values }) => values)] };
}

/** Tags that point to other directories: SubIFDs, Exif, GPS, Interoperability. */
const DIRECTORY_TAGS = [330, 34665, 34853, 40965];
const MAX_DIRECTORIES = 10_000;

/** Iterates over all directories of a TIFF, visiting each once. */
async function* readDirectories(tiff: TiffReader): AsyncGenerator<TiffDirectory, void> {
  const seen = new Set<number>([0]);
  const waiting = [tiff.first];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    demand(seen.size <= MAX_DIRECTORIES, "its TIFF has too many directories");
    const directory = await tiff.directory(at);
    yield directory;
    waiting.push(directory.next);
    for (const field of directory.fields.filter(({ tag }) => DIRECTORY_TAGS.includes(tag))) {
      waiting.push(...(await tiff.numbers(field)));
    }
  }
}

/** Directories and data can be in any order, so the image ends after the last of them. */
async function endOf(tiff: TiffReader): Promise<number> {
  let end = 0;
  for await (const { fields } of readDirectories(tiff)) {
    for (const { values, entry } of fields) end = Math.max(end, values.end, entry.end + 4);
    for (const range of await dataOf(tiff, fields)) end = Math.max(end, range.end);
  }
  return Math.min(end, tiff.source.size);
}

/** Returns the positions of the pixels of a directory's image. */
export async function dataOf(tiff: TiffReader, fields: readonly TiffField[]): Promise<Range[]> {
  for (const [offsetTag, lengthTag] of DATA_TAGS) {
    const offsets = fields.find(({ tag }) => tag === offsetTag);
    const lengths = fields.find(({ tag }) => tag === lengthTag);
    if (!offsets || !lengths) continue;
    const sizes = await tiff.numbers(lengths);
    const starts = await tiff.numbers(offsets);
    const ranges = starts.map((start, index) => ({ start, end: start + (sizes[index] ?? 0) }));
    return ranges.filter(({ start, end }) => end > start);
  }
  return [];
}
