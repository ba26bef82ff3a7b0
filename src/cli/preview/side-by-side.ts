import type { Box, Picture } from "./draw.ts";

const GAP = 2;

/**
 * Lays out text to the right of a picture, in as many rows as the box has. If there is no picture, its place
 * stays empty.
 */
export function sideBySide(picture: Picture | undefined, box: Box, lines: readonly string[]): string {
  const texts = Array.from({ length: box.rows }, (_, row) => lines[row] ?? "");
  return picture?.overlaid ? overlaid(picture, box, texts) : inCharacters(picture, box, texts);
}

function inCharacters(picture: Picture | undefined, { columns }: Box, texts: readonly string[]): string {
  const rows = picture?.text.split("\n") ?? [];
  return texts
    .map((text, row) => {
      const drawn = rows[row] === undefined ? 0 : picture!.columns;
      return `${rows[row] ?? ""}${" ".repeat(columns - drawn + GAP)}${text}`.trimEnd();
    })
    .join("\n");
}

/**
 * Writes all rows first, so that the screen scrolls before the picture is drawn. Then moves the cursor back
 * up, draws the picture, and restores the cursor (DECSC, DECRC).
 */
function overlaid({ text }: Picture, { columns, rows }: Box, texts: readonly string[]): string {
  const start = `${"\n".repeat(rows - 1)}\u001b[${rows - 1}A\r`;
  const written = texts.map((each) => (each === "" ? "" : `\u001b[${columns + GAP}C${each}`));
  return `${start}\u001b7${text}\u001b8${written.join("\n")}`;
}
