import { type Excerpt, Excerpts, linesOf } from "./excerpt.ts";

/**
 * Matches a line of plain prose: it starts at the margin with a letter, and nothing in it can name an image,
 * close HTML, or start another kind of block. A paragraph of such lines can be replaced by a single letter
 * without affecting the blocks around it.
 */
const PROSE = /^[A-Za-z](?![^\r\n]*(?:!\[|[<>{]))[^\r\n]*(?:\r\n|\n|\r|$)/;
const BLANK = /^[ \t]*(?:\r\n|\n|\r|$)$/;

/** A run of non-blank lines and the blank lines that follow it. */
interface Paragraph {
  lines: string[];
  blank: string[];
}

/**
 * Removes prose, because the parser's time and memory grow with the length of its input.
 *
 * If the next lines are indented, one letter is left: without it they would join the list above. Lines at the
 * margin end that list themselves.
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
