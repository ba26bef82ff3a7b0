import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { markdownTable, partOf, replacePart, rowsOfTable } from "./markdown.ts";

/** The measurements under load that the scripts write. */
const DOCUMENT = join(import.meta.dirname, "../docs/load.md");

/**
 * Replaces the text between `<!-- name -->` and `<!-- /name -->` in docs/load.md.
 * @param make creates the new text from the old one
 */
export async function writePart(name: string, make: (old: string) => string): Promise<void> {
  const document = readFileSync(DOCUMENT, "utf8");
  const text = replacePart(document, name, make(partOf(document, name)));
  const options = { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT };
  writeFileSync(DOCUMENT, await format(text, options));
}

/**
 * Adds a row to a table in docs/load.md, or replaces the one with the same first cells.
 * @param keys the number of cells that identify a row
 */
export async function writeRow(
  name: string,
  head: readonly string[],
  keys: number,
  row: readonly string[]
): Promise<void> {
  await writePart(name, (old) => {
    const rows = rowsOfTable(old);
    const key = (cells: readonly string[]): string => cells.slice(0, keys).join("|");
    const others = rows.filter((other) => key(other) !== key(row));
    const all = [...others, [...row]].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    return markdownTable(head, all);
  });
}

/** Reads the rows of a table in docs/load.md, without its header. */
export function readRows(name: string): string[][] {
  return rowsOfTable(partOf(readFileSync(DOCUMENT, "utf8"), name));
}
