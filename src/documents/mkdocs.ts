import { type Excerpt, Excerpts, linesOf } from "./excerpt.ts";

/** Matches the first line of an admonition, collapsible or not, or of a tab. */
const OPENING = /^[ \t]*(?:!!!|\?\?\?\+?|===[!+]?)[ \t]+\S/;
const MAY_OPEN = /^[ \t]*(?:!!!|\?\?\?|===)/m;
const BLANK = /^[ \t]*(?:\r?\n|\r)?$/;

/**
 * Removes the indentation of MkDocs admonitions and tabs. Their content is Markdown indented by four columns,
 * which CommonMark would read as code. The opening line of each block is blanked.
 */
export function unindented(source: string): Excerpt {
  if (!MAY_OPEN.test(source)) return { text: source, toSource: (offset) => offset };
  const excerpts = new Excerpts();
  const open: number[] = [];
  for (const line of linesOf(source)) {
    while (open.length > 0 && !BLANK.test(line) && indentOf(line) < (open.at(-1) ?? 0) + 4) open.pop();
    const cut = BLANK.test(line) ? 0 : charactersOf(line, 4 * open.length);
    const opens = OPENING.test(line);
    if (opens) open.push(indentOf(line));
    excerpts.replace("", cut);
    excerpts.keep(opens ? line.slice(cut).replace(/[^\r\n]/g, " ") : line.slice(cut));
  }
  return excerpts.done();
}

/** Returns a line's indentation in columns. A tab advances to the next multiple of four. */
function indentOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === " ") columns += 1;
    else if (character === "\t") columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}

/** Counts the characters of white space that make up a number of columns. */
function charactersOf(line: string, columns: number): number {
  let [count, reached] = [0, 0];
  while (reached < columns && /[ \t]/.test(line[count] ?? "")) {
    reached += line[count] === "\t" ? 4 - (reached % 4) : 1;
    count += 1;
  }
  return count;
}
