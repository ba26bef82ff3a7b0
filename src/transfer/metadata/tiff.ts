import { type ByteSource, MalformedImage, type Range } from "../image/source.ts";
import { dataOf, openTiff, type TiffDirectory, type TiffField, type TiffReader } from "../image/tiff.ts";
import { GPS, isPositioned } from "./exif.ts";
import { type Edit, type Findings, isPositionedXmp, overwritten, without } from "./findings.ts";

/** Tags that define how the pixels are stored and look (TIFF 6.0 and its supplements, TIFF/EP, ICC). */
const KEPT: readonly (number | [from: number, to: number])[] = [
  [254, 266],
  [273, 274],
  [277, 284],
  [286, 293],
  [296, 297],
  301,
  [317, 332],
  334,
  336,
  [338, 347],
  351,
  [512, 521],
  [529, 532],
  559,
  [32995, 32998],
  34675,
  50674
];
const SUB_IMAGES = 330;
const XMP = 700;
/** Directories that contain no image: Exif, GPS, interoperability. */
const METADATA_DIRECTORIES = [34665, GPS, 40965];
const MAX_DIRECTORIES = 10_000;

/**
 * Finds the metadata of a TIFF: all fields except those that define how its pixels are stored and look.
 * Nothing is moved: directories are shortened in place, and the data they pointed to is zeroed.
 */
export async function findInTiff(source: ByteSource): Promise<Findings> {
  const tiff = await openTiff(source);
  const kept: Range[] = [{ start: 0, end: tiff.big ? 16 : 8 }];
  const dropped: Range[] = [];
  const edits: Edit[] = [];
  let hasPosition = false;
  for await (const directory of imageDirectories(tiff)) {
    hasPosition ||= await isPositionedImage(tiff, directory);
    kept.push(extentOf(directory, tiff), ...(await dataOf(tiff, directory.fields)));
    const fields = directory.fields.filter(isKept);
    kept.push(...fields.map(({ values }) => values));
    if (fields.length === directory.fields.length) continue;
    edits.push(await shortened(directory, fields, tiff));
    for (const field of directory.fields) {
      if (!isKept(field)) dropped.push(...(await reachOf(field, tiff, 0)));
    }
  }
  edits.push(...without(dropped.map(within(source)), kept).map((range) => overwritten(range)));
  return { edits: edits.sort((a, b) => a.start - b.start), hasPosition };
}

function isKept({ tag }: TiffField): boolean {
  return KEPT.some((each) => (typeof each === "number" ? tag === each : tag >= each[0] && tag <= each[1]));
}

/** Iterates over the image directories: the main chain and its subdirectories. */
async function* imageDirectories(tiff: TiffReader): AsyncGenerator<TiffDirectory, void> {
  const seen = new Set<number>([0]);
  const waiting = [tiff.first];
  for (let at = waiting.pop(); at !== undefined && seen.size <= MAX_DIRECTORIES; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const directory = await tiff.directory(at);
    yield directory;
    waiting.push(directory.next);
    const images = directory.fields.find(({ tag }) => tag === SUB_IMAGES);
    if (images) waiting.push(...(await tiff.numbers(images)));
  }
}

async function isPositionedImage(tiff: TiffReader, directory: TiffDirectory): Promise<boolean> {
  const xmp = directory.fields.find(({ tag }) => tag === XMP)?.values;
  if (xmp && isPositionedXmp(await tiff.source.read(xmp.start, xmp.end - xmp.start))) return true;
  return isPositioned(tiff, directory).catch(() => false);
}

/** A directory's range, from its count to the offset of the next directory. */
function extentOf({ start, fields }: TiffDirectory, { big, source }: TiffReader): Range {
  const [countBytes, entryBytes, offsetBytes] = big ? [8, 20, 8] : [2, 12, 4];
  const end = start + countBytes + fields.length * entryBytes + offsetBytes;
  return { start, end: Math.min(end, source.size) };
}

async function shortened(
  directory: TiffDirectory,
  fields: readonly TiffField[],
  tiff: TiffReader
): Promise<Edit> {
  const { big, littleEndian, source } = tiff;
  const count = Buffer.alloc(big ? 8 : 2);
  // The count fits in two bytes.
  const at = littleEndian ? 0 : count.length - 2;
  if (littleEndian) count.writeUInt16LE(fields.length, at);
  else count.writeUInt16BE(fields.length, at);
  const parts = [count];
  for (const { entry } of fields)
    parts.push(Buffer.from(await source.read(entry.start, entry.end - entry.start)));
  const extent = extentOf(directory, tiff);
  const link = directory.fields.at(-1)?.entry.end ?? extent.end;
  parts.push(Buffer.from(await source.read(link, extent.end - link)));
  return overwritten(extent, Buffer.concat(parts));
}

const MAX_DEPTH = 3;

/**
 * Returns the positions of a field's values. For a field that points to a directory, also those of the
 * directory and of everything it points to.
 */
async function reachOf({ tag, ...field }: TiffField, tiff: TiffReader, depth: number): Promise<Range[]> {
  const ranges = [field.values];
  if (!METADATA_DIRECTORIES.includes(tag) || depth === MAX_DEPTH) return ranges;
  try {
    for (const at of await tiff.numbers({ tag, ...field })) {
      const directory = await tiff.directory(at);
      ranges.push(extentOf(directory, tiff));
      for (const each of directory.fields) ranges.push(...(await reachOf(each, tiff, depth + 1)));
    }
  } catch (error) {
    // If it can't be followed here, no other program can read it either.
    if (!(error instanceof MalformedImage)) throw error;
  }
  return ranges;
}

function within({ size }: { size: number }) {
  return ({ start, end }: Range): Range => ({ start: Math.min(start, size), end: Math.min(end, size) });
}
