import type { Reference } from "./reference.ts";

type FindInText = (text: string) => readonly Reference[];

/** A string in JSON text: its value, and where its content is. */
interface JsonString {
  value: string;
  /** Without the quotes. */
  start: number;
  end: number;
}

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/**
 * Finds the images in the Markdown cells of a Jupyter notebook. Each line of a cell is its own string, so
 * references that span several lines are ignored.
 */
export function findInNotebook(text: string, find: FindInText): Reference[] {
  JSON.parse(text);
  return markdownCells(text).flatMap((lines) => {
    const cell = lines.map(({ value }) => value).join("");
    const starts: number[] = [];
    lines.reduce((at, { value }) => (starts.push(at), at + value.length), 0);
    return find(cell).flatMap((reference) => {
      const index = starts.findLastIndex((start) => start <= reference.start);
      const line = lines[index];
      const from = starts[index] ?? 0;
      if (!line || reference.end > from + line.value.length || reference.notation === "wikilink") return [];
      const written = text.slice(line.start, line.end);
      const start = line.start + writtenLength(written, reference.start - from);
      const end = line.start + writtenLength(written, reference.end - from);
      return [{ ...reference, start, end, notation: "json" as const }];
    });
  });
}

/** How many characters of the JSON text encode the first `count` characters of a string's value. */
function writtenLength(written: string, count: number): number {
  const characters = written.match(/\\u[0-9a-fA-F]{4}|\\.|[^\\]/gs) ?? [];
  return characters.slice(0, count).reduce((length, each) => length + each.length, 0);
}

interface Cell {
  type: string;
  source: JsonString[];
}

/** Collects the `source` strings of the `markdown` cells in one pass over the tokens. */
function markdownCells(text: string): JsonString[][] {
  const cells: Cell[] = [];
  let depth = 0;
  let key = "";
  const tokens = [...text.matchAll(TOKENS)];
  for (const [position, { 0: token, index }] of tokens.entries()) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    // Depth 1 is the notebook, 2 its list of cells, 3 a cell.
    if (token === "{" && depth === 3) cells.push({ type: "", source: [] });
    if (!token.startsWith('"')) continue;
    const string = { value: JSON.parse(token) as string, start: index + 1, end: index + token.length - 1 };
    if (depth === 3 && tokens[position + 1]?.[0] === ":") key = string.value;
    else addTo(cells.at(-1), key, string, depth);
  }
  return cells.filter(({ type }) => type === "markdown").map(({ source }) => source);
}

/** A cell's source is one string or a list of strings. */
function addTo(cell: Cell | undefined, key: string, string: JsonString, depth: number): void {
  if (key === "cell_type" && depth === 3 && cell) cell.type = string.value;
  if (key === "source" && (depth === 3 || depth === 4)) cell?.source.push(string);
}
