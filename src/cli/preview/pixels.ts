import { convertIndexedToRgb, decode } from "fast-png";

/** A picture of at most {@link MAX_PIXELS} with eight bits per channel. */
export interface Pixels {
  width: number;
  height: number;
  /** The red, green, blue and alpha values of each pixel, row by row. */
  rgba: Uint8Array;
}

/** Thumbnails have far fewer; a picture that claims more is not decoded. */
const MAX_PIXELS = 1_000_000;
const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const SIZE_OFFSET = 16;

/** Decodes a PNG; undefined if it isn't one, is damaged, or claims to be large. */
export function decodePng(file: Buffer): Pixels | undefined {
  const isPng = file.length > SIZE_OFFSET + 8 && file.subarray(0, SIGNATURE.length).equals(SIGNATURE);
  if (!isPng || file.readUInt32BE(SIZE_OFFSET) * file.readUInt32BE(SIZE_OFFSET + 4) > MAX_PIXELS)
    return undefined;
  try {
    const image = decode(file);
    const channels = image.palette ? (image.palette[0]?.length ?? 3) : image.channels;
    const samples = image.palette ? convertIndexedToRgb(image) : image.data;
    const eightBits = image.depth === 16 ? Uint8Array.from(samples, (sample) => sample >> 8) : samples;
    return { width: image.width, height: image.height, rgba: toRgba(eightBits, channels) };
  } catch {
    return undefined;
  }
}

/** One channel is grey, two are grey with alpha. */
function toRgba(samples: ArrayLike<number>, channels: number): Uint8Array {
  const count = samples.length / channels;
  const rgba = new Uint8Array(count * 4);
  for (let pixel = 0; pixel < count; pixel += 1) {
    const at = pixel * channels;
    const isGrey = channels < 3;
    for (let channel = 0; channel < 3; channel += 1) {
      rgba[pixel * 4 + channel] = samples[isGrey ? at : at + channel] ?? 0;
    }
    const hasAlpha = channels === 2 || channels === 4;
    rgba[pixel * 4 + 3] = hasAlpha ? (samples[at + channels - 1] ?? 255) : 255;
  }
  return rgba;
}

/** Scales a picture; each resulting pixel is the mean of those it covers. */
export function scaled({ width, height, rgba }: Pixels, toWidth: number, toHeight: number): Pixels {
  const result = new Uint8Array(toWidth * toHeight * 4);
  for (let y = 0; y < toHeight; y += 1) {
    for (let x = 0; x < toWidth; x += 1) {
      const mean = meanOf(rgba, width, {
        left: Math.floor((x * width) / toWidth),
        right: Math.max(Math.floor(((x + 1) * width) / toWidth), Math.floor((x * width) / toWidth) + 1),
        top: Math.floor((y * height) / toHeight),
        bottom: Math.max(Math.floor(((y + 1) * height) / toHeight), Math.floor((y * height) / toHeight) + 1)
      });
      result.set(mean, (y * toWidth + x) * 4);
    }
  }
  return { width: toWidth, height: toHeight, rgba: result };
}

interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

function meanOf(rgba: Uint8Array, width: number, { left, right, top, bottom }: Area): number[] {
  const sums = [0, 0, 0, 0];
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      for (let channel = 0; channel < 4; channel += 1) {
        sums[channel]! += rgba[(y * width + x) * 4 + channel] ?? 0;
      }
    }
  }
  return sums.map((sum) => Math.round(sum / ((right - left) * (bottom - top))));
}
