import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { markdownTable, rowsOfTable } from "./markdown-table.ts";

/** Measurements of the program under load, as the scripts write them. */
const DOCUMENT = join(import.meta.dirname, "../docs/load.md");

/**
 * Puts text between the marks `<!-- name -->` and `<!-- /name -->` of docs/load.md.
 * @param make makes it from what stands there
 */
export async function writePart(name: string, make: (old: string) => string): Promise<void> {
  const document = readFileSync(DOCUMENT, "utf8");
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, stop] = [document.indexOf(begin), document.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`docs/load.md has no place for ${name}.`);
  const old = document.slice(start + begin.length, stop);
  const text = `${document.slice(0, start)}${begin}\n\n${make(old)}\n\n${document.slice(stop)}`;
  const options = { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT };
  writeFileSync(DOCUMENT, await format(text, options));
}

/**
 * Puts a row into a table of docs/load.md, in place of the one whose first cells are the same.
 * @param keys how many cells tell one row from another
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

/** The cells of the rows of a table of docs/load.md, without its head. */
export function readRows(name: string): string[][] {
  const [, part = ""] = readFileSync(DOCUMENT, "utf8").split(`<!-- ${name} -->`);
  return rowsOfTable(part.split(`<!-- /${name} -->`)[0] ?? "");
}
