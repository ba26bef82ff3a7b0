import { MalformedImage, sourceIn } from "../image/source.ts";
import { openTiff, type TiffDirectory, type TiffReader } from "../image/tiff.ts";

/** The relevant content of an Exif block (CIPA DC-008): the orientation, and whether there is a position. */
export interface Exif {
  /** 1 to 8; 1 is upright. */
  orientation: number;
  hasPosition: boolean;
}

const ORIENTATION = 274;
/** The tag that points to the GPS directory. */
export const GPS = 34853;
const GPS_LATITUDE = 2;
const GPS_LONGITUDE = 4;

/** Reads an Exif block, which is a TIFF without an image. A damaged one counts as empty. */
export async function readExif(tiff: Buffer): Promise<Exif> {
  const exif = { orientation: 1, hasPosition: false };
  try {
    const reader = await openTiff(sourceIn(tiff));
    const directory = await reader.directory(reader.first);
    const field = directory.fields.find(({ tag }) => tag === ORIENTATION);
    const [orientation = 1] = field ? await reader.numbers({ ...field, count: 1 }) : [];
    if (orientation >= 1 && orientation <= 8) exif.orientation = orientation;
    exif.hasPosition = await isPositioned(reader, directory);
  } catch (error) {
    if (!(error instanceof MalformedImage)) throw error;
  }
  return exif;
}

/** Whether a directory points to a GPS directory with a latitude or longitude. */
export async function isPositioned(reader: TiffReader, { fields }: TiffDirectory): Promise<boolean> {
  const field = fields.find(({ tag }) => tag === GPS);
  const [at] = field ? await reader.numbers({ ...field, count: 1 }) : [];
  if (at === undefined) return false;
  const position = await reader.directory(at);
  return position.fields.some(({ tag }) => tag === GPS_LATITUDE || tag === GPS_LONGITUDE);
}

/** Creates an Exif block that contains only the orientation; empty if the image is upright. */
export function orientationOnly(orientation: number): Buffer {
  if (orientation === 1) return Buffer.alloc(0);
  const block = Buffer.alloc(26);
  block.write("II*\0\b\0\0\0\x01\0", "latin1");
  block.writeUInt16LE(ORIENTATION, 10);
  block.writeUInt16LE(3, 12); // SHORT
  block.writeUInt32LE(1, 14);
  block.writeUInt16LE(orientation, 18);
  return block;
}

/**
 * Reads Exif as stored in HEIF and JPEG XL: the first four bytes give the offset of its start (ISO/IEC
 * 23008-12, annex A.2.1).
 */
export async function readOffsetExif(data: Buffer): Promise<Exif> {
  const offset = data.length >= 4 ? data.readUInt32BE() : 0;
  return readExif(data.subarray(4 + offset));
}
