import sharp from "sharp";
import type { Cell, InlinePicture, Terminal } from "../terminal/terminal.ts";

/** A piece of a line in one style. */
export interface Run {
  text: string;
  /** Names of styles, as classes of the drawing. */
  styles: readonly string[];
}

/** An image that stands on the terminal, from the line it belongs to downwards. */
export interface Image {
  /** A data URL. */
  href: string;
  column: number;
  columns: number;
  rows: number;
}

/** A line of the terminal as it is drawn. */
export interface DrawnLine {
  runs: readonly Run[];
  images?: readonly Image[];
}

/** The palette's colours that the program uses, by their numbers. */
const COLORS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
/** The pixels of an image are enough for a screen of twice the density. */
const PIXELS_PER_COLUMN = 17;

/**
 * The lines of a terminal.
 * @param shown changes what is written, such as addresses
 */
export async function linesOf(terminal: Terminal, shown: (text: string) => string): Promise<DrawnLine[]> {
  const lines: DrawnLine[] = [];
  for (const { cells, row } of terminal.writtenLines()) {
    const images = await Promise.all(terminal.pictures.filter((each) => each.row === row).map(imageOf));
    lines.push({ runs: runsOf(cells, shown), ...(images.length > 0 && { images }) });
  }
  return lines;
}

/** What a line says, without its styles. */
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

/** An image of the terminal, small enough for a page. */
async function imageOf({ png, column, columns, rows }: InlinePicture): Promise<Image> {
  const file = await sharp(png)
    .resize({ width: columns * PIXELS_PER_COLUMN, withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
  return { href: `data:image/webp;base64,${file.toString("base64")}`, column, columns, rows };
}
