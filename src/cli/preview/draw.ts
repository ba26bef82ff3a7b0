import { decodePng, type Pixels, scaled } from "./pixels.ts";
import type { Screen } from "./protocol.ts";
import { sixels } from "./sixel.ts";

/** A part of the screen in character cells, which are about twice as high as wide. */
export interface Box {
  columns: number;
  rows: number;
}

/** A picture ready to be written to a terminal. */
export interface Picture extends Box {
  /** The text that draws it. For half blocks, one line per row. */
  text: string;
  /** Whether it is drawn over the cells starting at the cursor instead of being made of characters. */
  overlaid: boolean;
}

/** The most data that kitty accepts in one escape sequence. */
const KITTY_CHUNK = 4_096;
const OPAQUE = 128;

/** Draws a PNG for a terminal as large as the box allows; undefined if it can't be decoded. */
export function drawPng(file: Buffer, screen: Screen, trueColor: boolean, box: Box): Picture | undefined {
  const pixels = decodePng(file);
  if (!pixels) return undefined;
  const size = fitted(pixels, box);
  const picture = (text: string, overlaid = true): Picture => ({ ...size, text, overlaid });
  if (screen.protocol === "kitty") return picture(kitty(file, size));
  if (screen.protocol === "iterm2") return picture(iterm2(file, size));
  if (screen.protocol === "sixel") return picture(sixels(reduced(pixels, size, screen.cell)));
  return picture(blocks(scaled(pixels, size.columns, size.rows * 2), trueColor), false);
}

/** The largest size that fits the box and keeps the proportions. */
function fitted({ width, height }: Pixels, box: Box): Box {
  const rows = Math.max(1, Math.round((box.columns * height) / width / 2));
  if (rows <= box.rows) return { columns: box.columns, rows };
  return { columns: Math.max(1, Math.round((box.rows * 2 * width) / height)), rows: box.rows };
}

/** Scales a picture down to fit this many cells. A smaller picture stays unchanged. */
function reduced(pixels: Pixels, { columns, rows }: Box, cell: Screen["cell"]): Pixels {
  const factor = Math.min(1, (columns * cell.width) / pixels.width, (rows * cell.height) / pixels.height);
  if (factor === 1) return pixels;
  const size = (length: number): number => Math.max(1, Math.floor(length * factor));
  return scaled(pixels, size(pixels.width), size(pixels.height));
}

/** Sends the file itself, in chunks. `m=1` marks all but the last. */
function kitty(file: Buffer, { columns, rows }: Box): string {
  const base64 = file.toString("base64");
  const pieces: string[] = [];
  for (let at = 0; at < base64.length; at += KITTY_CHUNK) {
    const control = at === 0 ? `a=T,f=100,q=2,c=${columns},r=${rows},` : "";
    const more = at + KITTY_CHUNK < base64.length ? 1 : 0;
    pieces.push(`\u001b_G${control}m=${more};${base64.slice(at, at + KITTY_CHUNK)}\u001b\\`);
  }
  return pieces.join("");
}

function iterm2(file: Buffer, { columns, rows }: Box): string {
  const options = `inline=1;size=${file.length};width=${columns};height=${rows};preserveAspectRatio=1`;
  return `\u001b]1337;File=${options}:${file.toString("base64")}\u0007`;
}

/** Draws two pixels per character: the upper as the foreground colour, the lower as the background. */
function blocks({ width, height, rgba }: Pixels, trueColor: boolean): string {
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let line = "";
    for (let x = 0; x < width; x += 1) {
      line += block(rgba.subarray((y * width + x) * 4), rgba.subarray(((y + 1) * width + x) * 4), trueColor);
    }
    lines.push(`${line}\u001b[0m`);
  }
  return lines.join("\n");
}

function block(upper: Uint8Array, lower: Uint8Array, trueColor: boolean): string {
  const [up, down] = [upper, lower].map((pixel) =>
    (pixel[3] ?? 0) < OPAQUE ? undefined : colorOf(pixel, trueColor)
  );
  if (!up && !down) return "\u001b[0m ";
  if (!up) return `\u001b[0;38;${down}m▄`;
  return down ? `\u001b[38;${up};48;${down}m▀` : `\u001b[0;38;${up}m▀`;
}

/** A colour as SGR parameters: exact, or from the palette of 216 colours. */
function colorOf([red = 0, green = 0, blue = 0]: Uint8Array, trueColor: boolean): string {
  if (trueColor) return `2;${red};${green};${blue}`;
  const [r, g, b] = [red, green, blue].map((value) => Math.round((value / 255) * 5)) as [
    number,
    number,
    number
  ];
  return `5;${16 + 36 * r + 6 * g + b}`;
}
