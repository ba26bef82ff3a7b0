import { fileTypeFromBuffer } from "file-type";
import { proveBmp } from "./bmp.ts";
import { proveGif } from "./gif.ts";
import { proveHeif } from "./heif.ts";
import { proveIco } from "./ico.ts";
import { readBrands } from "./isobmff.ts";
import { proveJpeg } from "./jpeg.ts";
import { proveCodestream, proveJxlContainer } from "./jxl.ts";
import { provePng } from "./png.ts";
import { type ByteSource, demand, MalformedImage, type Proof, type Range } from "./source.ts";
import { looksLikeText } from "./text.ts";
import { proveTiff } from "./tiff.ts";
import { proveWebp } from "./webp.ts";

/** What a file contains: an image of a supported type, or the reason why not. */
export type ImageVerdict =
  | { kind: "image"; mimeType: string }
  /** It starts like an image of this type, but isn't a valid one. */
  | { kind: "damaged"; mimeType: string; wrong: string }
  /** A known type that Imgwire doesn't support. */
  | { kind: "unsupported"; name: string }
  | { kind: "lfs-pointer" }
  | { kind: "unknown" };

interface Candidate {
  mimeType: string;
  prove: (source: ByteSource) => Promise<Proof & { mimeType?: string }>;
  /** The signature is so short that other kinds of files start with it too. */
  weak?: true;
}

/** Signatures, as regular expressions over the first bytes in hexadecimal. */
const SIGNATURES: readonly (Candidate & { starts: RegExp })[] = [
  { starts: /^ffd8ff[c-f]/, mimeType: "image/jpeg", prove: proveJpeg },
  { starts: /^89504e470d0a1a0a/, mimeType: "image/png", prove: provePng },
  { starts: /^47494638(?:37|39)61/, mimeType: "image/gif", prove: proveGif },
  { starts: /^52494646.{8}57454250/, mimeType: "image/webp", prove: proveWebp },
  { starts: /^0000000c4a584c200d0a870a/, mimeType: "image/jxl", prove: proveJxlContainer },
  { starts: /^ff0a/, mimeType: "image/jxl", prove: proveCodestream, weak: true },
  { starts: /^(?:4949(?:2a|2b)00|4d4d00(?:2a|2b))/, mimeType: "image/tiff", prove: proveTiff },
  { starts: /^00000100/, mimeType: "image/vnd.microsoft.icon", prove: proveIco, weak: true },
  { starts: /^424d/, mimeType: "image/bmp", prove: proveBmp, weak: true }
];

const AVIF_BRANDS = ["avif", "avis"];
const HEIC_BRANDS = ["heic", "heix", "heim", "heis", "mif1"];

/**
 * Identifies a file by validating it. A signature alone proves nothing, since text may start with it. The
 * structure is checked up to the end of the image; neither the image data nor anything after it may be text.
 */
export async function identify(source: ByteSource): Promise<ImageVerdict> {
  const head = await source.read(0, Math.min(source.size, 4100));
  const start = Buffer.from(head);
  const candidate = await candidateFor(source, start);
  if (!candidate) return nameOf(start);
  try {
    const { mimeType = candidate.mimeType, ...proof } = await candidate.prove(source);
    await refuseText(source, proof);
    return { kind: "image", mimeType };
  } catch (error) {
    if (!(error instanceof MalformedImage)) throw error;
    if (candidate.weak) return nameOf(start);
    return { kind: "damaged", mimeType: candidate.mimeType, wrong: error.message };
  }
}

async function candidateFor(source: ByteSource, start: Buffer): Promise<Candidate | undefined> {
  const hex = start.toString("hex", 0, 16);
  const found = SIGNATURES.find(({ starts }) => starts.test(hex));
  if (found?.mimeType === "image/tiff") return (await isCameraRaw(start)) ? undefined : found;
  if (found) return found;
  const brands = await readBrands(source);
  if (brands.some((brand) => AVIF_BRANDS.includes(brand)))
    return { mimeType: "image/avif", prove: proveHeif };
  if (brands.some((brand) => HEIC_BRANDS.includes(brand)))
    return { mimeType: "image/heic", prove: proveHeif };
  return undefined;
}

/** Camera raw files are TIFFs, and a generic decoder would accept them. */
async function isCameraRaw(start: Buffer): Promise<boolean> {
  const found = await fileTypeFromBuffer(start);
  return found !== undefined && found.mime !== "image/tiff";
}

const WINDOWS = 16;
const WINDOW_BYTES = 512;

/**
 * Refuses text in place of pixels, and text or archives after them: signs that other data is being smuggled
 * out behind an image header.
 */
async function refuseText(source: ByteSource, { pixels, end }: Proof): Promise<void> {
  for (const window of windowsOf(pixels)) {
    const bytes = await source.read(window.start, window.end - window.start);
    demand(!looksLikeText(bytes), "its image data is text");
  }
  if (end >= source.size) return;
  const rest = await source.read(end, Math.min(source.size - end, 4100));
  demand(!looksLikeText(rest), "text follows the image");
  const found = await fileTypeFromBuffer(Buffer.from(rest));
  const media = found === undefined || /^(?:image|video)\//.test(found.mime);
  demand(media, `another file follows the image (${found?.mime ?? ""})`);
}

/** Picks a few windows, spread over all ranges. */
function windowsOf(ranges: readonly Range[]): Range[] {
  const step = Math.max(1, Math.ceil(ranges.length / WINDOWS));
  const chosen = ranges.filter((_, index) => index % step === 0);
  const each = Math.max(1, Math.floor(WINDOWS / chosen.length));
  return chosen.flatMap(({ start, end }) =>
    Array.from({ length: each }, (_, index) => {
      const at = start + Math.floor(((end - start) * index) / each);
      return { start: at, end: Math.min(end, at + WINDOW_BYTES) };
    })
  );
}

/** Names the type of an unsupported file for the error message. */
async function nameOf(start: Buffer): Promise<ImageVerdict> {
  const text = start.toString("utf8");
  if (text.startsWith("version https://git-lfs.github.com/spec/")) return { kind: "lfs-pointer" };
  if (/^(?:\s|<\?xml[^>]*>|<!--(?:(?!-->).)*-->|<!DOCTYPE svg[^>]*>)*<(?:svg:)?svg[\s>]/is.test(text)) {
    return { kind: "unsupported", name: "SVG" };
  }
  const found = await fileTypeFromBuffer(start);
  return found ? { kind: "unsupported", name: found.mime } : { kind: "unknown" };
}
