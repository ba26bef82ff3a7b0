import { type Box, readBoxes } from "./isobmff.ts";
import { type ByteSource, demand, MalformedImage, type Proof, type Range } from "./source.ts";

/** An item of a HEIF file (ISO/IEC 14496-12, section 8.11): an image, or metadata about one. */
export interface HeifItem {
  id: number;
  /** `av01`, `hvc1`, `grid`, `Exif`, `mime` … */
  type: string;
  /** Only for items of type `mime`. */
  contentType: string;
  extents: readonly Range[];
}

/** The content of a HEIF file's `meta` box. */
export interface HeifFile {
  /** The id of the main image. */
  primary: number;
  items: readonly HeifItem[];
  /** The end of the last box; anything after it isn't part of the image. */
  end: number;
}

/**
 * Reads the items of a HEIF file.
 * @throws MalformedImage
 */
export async function readHeif(source: ByteSource): Promise<HeifFile> {
  let meta: Box | undefined;
  let end = 0;
  for await (const box of topLevelBoxes(source)) {
    if (box.type === "meta") meta = box;
    end = box.end;
  }
  demand(meta !== undefined, "it has no HEIF metadata");
  const boxes = new Map<string, Box>();
  const children = { start: meta.data.start + 4, end: meta.data.end };
  for await (const box of readBoxes(source, children)) boxes.set(box.type, box);
  const cursor = (type: string): Promise<Cursor> => {
    const box = boxes.get(type);
    demand(box !== undefined, `its HEIF metadata has no ${type}`);
    return Cursor.at(source, box.data);
  };
  const idat = boxes.get("idat")?.data.start ?? 0;
  const places = readLocations(await cursor("iloc"), idat);
  const primary = await cursor("pitm");
  const infos = await readInfos(source, boxes.get("iinf"));
  const items = infos.map((info) => ({ ...info, extents: places.get(info.id) ?? [] }));
  return { primary: primary.number(primary.version === 0 ? 2 : 4), items, end };
}

/** Stops at the first thing that isn't a box, because some programs append their own data. */
export async function* topLevelBoxes(source: ByteSource): AsyncGenerator<Box, void> {
  try {
    for await (const box of readBoxes(source, { start: 0, end: source.size })) {
      if (!/^[\x20-\x7e\xa9]{4}$/.test(box.type)) return;
      yield box;
    }
  } catch (error) {
    if (!(error instanceof MalformedImage)) throw error;
  }
}

const MAX_BOX_BYTES = 16 * 1024 * 1024;

/** Reads the fields of a full box in sequence. */
class Cursor {
  readonly version: number;
  readonly #bytes: Buffer;
  #at = 4;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.version = bytes[0] ?? 0;
  }

  static async at(source: ByteSource, { start, end }: Range): Promise<Cursor> {
    demand(end - start >= 4 && end - start <= MAX_BOX_BYTES, "a box of its HEIF metadata is wrong");
    return new Cursor(Buffer.from(await source.read(start, end - start)));
  }

  number(bytes: number): number {
    demand(this.#at + bytes <= this.#bytes.length, "a box of its HEIF metadata is cut short");
    this.#at += bytes;
    if (bytes === 0) return 0;
    if (bytes === 8) return Number(this.#bytes.readBigUInt64BE(this.#at - 8));
    return this.#bytes.readUIntBE(this.#at - bytes, bytes);
  }

  text(bytes: number): string {
    demand(this.#at + bytes <= this.#bytes.length, "a box of its HEIF metadata is cut short");
    this.#at += bytes;
    return this.#bytes.toString("latin1", this.#at - bytes, this.#at);
  }

  /** Reads a string up to a NUL. */
  line(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    const text = this.#bytes.toString("latin1", this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#bytes.length : end + 1;
    return text;
  }
}

/** ItemInfoBox and its entries (section 8.11.6). */
async function readInfos(
  source: ByteSource,
  box: Box | undefined
): Promise<readonly Omit<HeifItem, "extents">[]> {
  demand(box !== undefined, "its HEIF metadata has no iinf");
  const { version } = await Cursor.at(source, box.data);
  const start = box.data.start + (version === 0 ? 6 : 8);
  const infos: Omit<HeifItem, "extents">[] = [];
  for await (const entry of readBoxes(source, { start, end: box.data.end })) {
    const cursor = await Cursor.at(source, entry.data);
    if (cursor.version < 2) continue;
    const id = cursor.number(cursor.version === 2 ? 2 : 4);
    cursor.number(2);
    const type = cursor.text(4);
    cursor.line();
    infos.push({ id, type, contentType: type === "mime" ? cursor.line() : "" });
  }
  return infos;
}

/** ItemLocationBox (section 8.11.3). Extents that lie in other items are ignored. */
function readLocations(cursor: Cursor, idat: number): ReadonlyMap<number, readonly Range[]> {
  const { version } = cursor;
  const sizes = cursor.number(2);
  const [offset, length, base] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15] as const;
  const index = version > 0 ? sizes & 15 : 0;
  // The only sizes allowed; larger integers would exceed what a JavaScript number can hold.
  demand(
    [offset, length, base, index].every((size) => [0, 4, 8].includes(size)),
    "its HEIF item locations are wrong"
  );
  const locations = new Map<number, readonly Range[]>();
  const idBytes = version < 2 ? 2 : 4;
  for (let count = cursor.number(idBytes); count > 0; count--) {
    const id = cursor.number(idBytes);
    const method = version > 0 ? cursor.number(2) & 15 : 0;
    cursor.number(2);
    const origin = cursor.number(base) + (method === 1 ? idat : 0);
    const extents: Range[] = [];
    for (let extent = cursor.number(2); extent > 0; extent--) {
      cursor.number(index);
      const start = origin + cursor.number(offset);
      extents.push({ start, end: start + cursor.number(length) });
    }
    locations.set(id, method < 2 ? extents : []);
  }
  return locations;
}

const CODECS: Readonly<Record<string, string>> = { av01: "image/avif", hvc1: "image/heic" };

/** Validates an AVIF or HEIC, and tells them apart by the codec of the main image (ISO/IEC 23008-12). */
export async function proveHeif(source: ByteSource): Promise<Proof & { mimeType: string }> {
  const { primary, items, end } = await readHeif(source);
  const shown = items.find(({ id }) => id === primary);
  demand(shown !== undefined, "its HEIF metadata names no image");
  // Grids and overlays are composed of other items.
  const coded = shown.type in CODECS ? shown : items.find(({ type }) => type in CODECS);
  demand(coded !== undefined, "its HEIF image is in a format that Imgwire does not support");
  const images = items.filter(({ type }) => type === coded.type);
  const pixels = images.flatMap(({ extents }) => extents).filter((extent) => extent.end > extent.start);
  demand(pixels.length > 0, "its HEIF file has no image data");
  demand(
    pixels.every((extent) => extent.end <= end),
    "it is shorter than its HEIF image"
  );
  return { end, pixels, mimeType: CODECS[coded.type] ?? "" };
}
