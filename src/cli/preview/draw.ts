import { decodePng, type Pixels, scaled } from "./pixels.ts";
import type { Protocol } from "./protocol.ts";
import { sixels } from "./sixel.ts";

/** How wide a preview is, in columns. A cell of a terminal is about twice as high as it is wide. */
const PREVIEW_COLUMNS = 32;

/** The most of a picture that kitty takes in one sequence. */
const KITTY_CHUNK = 4_096;
const OPAQUE = 128;

/** Draws a PNG for a terminal; undefined where it can't be decoded. */
export function drawPng(file: Buffer, protocol: Protocol, trueColor: boolean): string | undefined {
  const pixels = decodePng(file);
  if (!pixels) return undefined;
  const rows = Math.max(1, Math.round((PREVIEW_COLUMNS * pixels.height) / pixels.width / 2));
  if (protocol === "kitty") return kitty(file, rows);
  if (protocol === "iterm2") return iterm2(file);
  if (protocol === "sixel") return sixels(pixels);
  return blocks(scaled(pixels, PREVIEW_COLUMNS, rows * 2), trueColor);
}

/** The picture as it is, in pieces; all but the last say that more follows. */
function kitty(file: Buffer, rows: number): string {
  const base64 = file.toString("base64");
  const pieces: string[] = [];
  for (let at = 0; at < base64.length; at += KITTY_CHUNK) {
    const control = at === 0 ? `a=T,f=100,q=2,c=${PREVIEW_COLUMNS},r=${rows},` : "";
    const more = at + KITTY_CHUNK < base64.length ? 1 : 0;
    pieces.push(`\u001b_G${control}m=${more};${base64.slice(at, at + KITTY_CHUNK)}\u001b\\`);
  }
  return pieces.join("");
}

function iterm2(file: Buffer): string {
  const options = `inline=1;size=${file.length};width=${PREVIEW_COLUMNS};preserveAspectRatio=1`;
  return `\u001b]1337;File=${options}:${file.toString("base64")}\u0007`;
}

/** Two pixels a character: the upper one in the colour of the text, the lower one in that behind it. */
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

/** A colour as the parameters of "select graphic rendition": exact, or of the cube of 216 colours. */
function colorOf([red = 0, green = 0, blue = 0]: Uint8Array, trueColor: boolean): string {
  if (trueColor) return `2;${red};${green};${blue}`;
  const [r, g, b] = [red, green, blue].map((value) => Math.round((value / 255) * 5)) as [
    number,
    number,
    number
  ];
  return `5;${16 + 36 * r + 6 * g + b}`;
}
