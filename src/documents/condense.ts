import { type Excerpt, Excerpts, linesOf } from "./excerpt.ts";

/**
 * Paragraphs that start at the margin with a letter on every line, and in which nothing can name an image,
 * end a piece of HTML, or be another block. Whatever stands around them, one letter does the same.
 */
const PROSE = /^[A-Za-z](?![^\r\n]*(?:!\[|[<>{]))[^\r\n]*(?:\r\n|\n|\r|$)/;
const BLANK = /^[ \t]*(?:\r\n|\n|\r|$)$/;

/** Lines that are not blank, and the blank ones behind them. */
interface Paragraph {
  lines: string[];
  blank: string[];
}

/**
 * Takes prose out, so that the parser of a long document is kept from what can't matter: its time and memory
 * go with what it reads.
 *
 * Before indented lines a letter stays, since it closes the list that they would belong to without it; lines
 * at the margin close it themselves.
 */
export function condensed(source: string): Excerpt {
  const excerpts = new Excerpts();
  const paragraphs = paragraphsOf(source);
  for (const [index, { lines, blank }] of paragraphs.entries()) {
    const [text, behind] = [lines.join(""), blank.join("")];
    if (lines.length === 0 || !lines.every((line) => PROSE.test(line))) excerpts.keep(text + behind);
    else if (/^[ \t]/.test(paragraphs[index + 1]?.lines[0] ?? "")) {
      excerpts.replace("x\n", text.length);
      excerpts.keep(behind);
    } else excerpts.replace("", text.length + behind.length);
  }
  return excerpts.done();
}

function paragraphsOf(source: string): Paragraph[] {
  let current: Paragraph = { lines: [], blank: [] };
  const paragraphs = [current];
  for (const line of linesOf(source)) {
    if (BLANK.test(line)) current.blank.push(line);
    else {
      if (current.blank.length > 0) paragraphs.push((current = { lines: [], blank: [] }));
      current.lines.push(line);
    }
  }
  return paragraphs;
}
