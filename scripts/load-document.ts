import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { markdownTable, rowsOfTable } from "./markdown-table.ts";

/** The measurements under load that the scripts write. */
const DOCUMENT = join(import.meta.dirname, "../docs/load.md");

/**
 * Replaces the text between `<!-- name -->` and `<!-- /name -->` in docs/load.md.
 * @param make creates the new text from the old one
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
  const [, part = ""] = readFileSync(DOCUMENT, "utf8").split(`<!-- ${name} -->`);
  return rowsOfTable(part.split(`<!-- /${name} -->`)[0] ?? "");
}
