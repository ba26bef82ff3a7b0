import sharp from "sharp";
import type { Cell, InlinePicture, Terminal } from "../terminal/terminal.ts";

/** A part of a line in one style. */
export interface Run {
  text: string;
  /** Style names, which are classes in the drawing. */
  styles: readonly string[];
}

/** An image on the terminal; it starts at its line and extends downwards. */
export interface Image {
  /** A data URL. */
  href: string;
  column: number;
  columns: number;
  rows: number;
}

/** A line of the terminal, ready to be drawn. */
export interface DrawnLine {
  runs: readonly Run[];
  images?: readonly Image[];
}

/** The palette colours that the program uses, by number. */
const COLORS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
/** Enough pixels for a high-density screen. */
const PIXELS_PER_COLUMN = 17;

/**
 * Reads the lines of a terminal.
 * @param shown replaces parts of the text, such as addresses
 */
export async function linesOf(terminal: Terminal, shown: (text: string) => string): Promise<DrawnLine[]> {
  const lines: DrawnLine[] = [];
  for (const { cells, row } of terminal.writtenLines()) {
    const images = await Promise.all(terminal.pictures.filter((each) => each.row === row).map(imageOf));
    lines.push({ runs: runsOf(cells, shown), ...(images.length > 0 && { images }) });
  }
  return lines;
}

/** A line's text without its styles. */
export function textOf({ runs }: DrawnLine): string {
  return runs.map(({ text }) => text).join("");
}

function runsOf(cells: readonly Cell[], shown: (text: string) => string): Run[] {
  const runs: Run[] = [];
  for (const cell of cells) {
    const styles = stylesOf(cell);
    const before = runs.at(-1);
    if (before && before.styles.join() === styles.join()) before.text += cell.text;
    else runs.push({ text: cell.text, styles });
  }
  const last = runs.at(-1);
  if (last) last.text = last.text.trimEnd();
  return runs.map(({ text, styles }) => ({ text: shown(text), styles })).filter(({ text }) => text !== "");
}

function stylesOf({ text, bold, dim, foreground }: Cell): string[] {
  const color = text === " " ? undefined : COLORS[foreground];
  return [...(bold ? ["bold"] : []), ...(dim ? ["dim"] : []), ...(color ? [color] : [])];
}

/** Scales down an image of the terminal for use in a page. */
async function imageOf({ png, column, columns, rows }: InlinePicture): Promise<Image> {
  const file = await sharp(png)
    .resize({ width: columns * PIXELS_PER_COLUMN, withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
  return { href: `data:image/webp;base64,${file.toString("base64")}`, column, columns, rows };
}
