import type { Pixels } from "./pixels.ts";

/** The levels of red, green and blue. Today's sixel terminals have registers for these 216 colours. */
const LEVELS = 6;
const BAND_ROWS = 6;
const OPAQUE = 128;
const TRANSPARENT = -1;

/**
 * Encodes a picture in sixels (DEC STD 070, 9), with a fixed palette and error diffusion. Transparent pixels
 * are left unchanged.
 */
export function sixels(picture: Pixels): string {
  const { width, height } = picture;
  const colors = dithered(picture);
  const palette = [...new Set(colors)].filter((color) => color !== TRANSPARENT).map(register);
  const bands: string[] = [];
  for (let top = 0; top < height; top += BAND_ROWS) {
    const band = colors.subarray(top * width, (top + BAND_ROWS) * width);
    bands.push(encodeBand(band, width));
  }
  return `\u001bP0;1q"1;1;${width};${height}${palette.join("")}${bands.join("-")}\u001b\\`;
}

/** Returns the palette index of each pixel, by Floyd–Steinberg error diffusion. */
function dithered({ width, height, rgba }: Pixels): Int16Array {
  const colors = new Int16Array(width * height);
  const errors = new Float32Array((width * height + width + 2) * 3);
  for (let at = 0; at < colors.length; at += 1) {
    if ((rgba[at * 4 + 3] ?? 0) < OPAQUE) {
      colors[at] = TRANSPARENT;
      continue;
    }
    let color = 0;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = (rgba[at * 4 + channel] ?? 0) + (errors[at * 3 + channel] ?? 0);
      const level = Math.min(LEVELS - 1, Math.max(0, Math.round((value / 255) * (LEVELS - 1))));
      color = color * LEVELS + level;
      spread(errors, { at, width, channel }, value - (level * 255) / (LEVELS - 1));
    }
    colors[at] = color;
  }
  return colors;
}

function spread(
  errors: Float32Array,
  { at, width, channel }: { at: number; width: number; channel: number },
  error: number
): void {
  const add = (to: number, share: number): void => void (errors[to * 3 + channel]! += (error * share) / 16);
  const x = at % width;
  if (x + 1 < width) add(at + 1, 7);
  if (x > 0) add(at + width - 1, 3);
  add(at + width, 5);
  if (x + 1 < width) add(at + width + 1, 1);
}

/** Defines a colour register, in percent. */
function register(color: number): string {
  const levels = [Math.floor(color / LEVELS ** 2), Math.floor(color / LEVELS) % LEVELS, color % LEVELS];
  return `#${color};2;${levels.map((level) => Math.round((level * 100) / (LEVELS - 1))).join(";")}`;
}

/** Encodes six rows: for each colour, which of the six pixels in each column have it. */
function encodeBand(band: Int16Array, width: number): string {
  const rows = band.length / width;
  const used = [...new Set(band)].filter((color) => color !== TRANSPARENT);
  const lines = used.map((color) => {
    const columns = Array.from({ length: width }, (_, x) => {
      let bits = 0;
      for (let row = 0; row < rows; row += 1) if (band[row * width + x] === color) bits |= 1 << row;
      return String.fromCharCode(63 + bits);
    });
    return `#${color}${columns.join("").replace(/(.)\1{3,}/g, (run: string, sixel: string) => `!${run.length}${sixel}`)}`;
  });
  return lines.join("$");
}
