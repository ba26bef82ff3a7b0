import { type Excerpt, Excerpts, linesOf } from "./excerpt.ts";

/**
 * Paragraphs that start at the margin with a letter on every line, and in which nothing can name an image,
 * end a piece of HTML, or be another block. Whatever stands around them, one letter does the same.
 */
const PROSE = /^[A-Za-z](?![^\r\n]*(?:!\[|[<>{]))[^\r\n]*(?:\r\n|\n|\r|$)/;
const BLANK = /^[ \t]*(?:\r\n|\n|\r|$)$/;

/**
 * Shortens prose to a letter, so that the parser of a long document is kept from what can't matter: its
 * memory goes with what it reads.
 */
export function condensed(source: string): Excerpt {
  const excerpts = new Excerpts();
  let run: string[] = [];
  const flush = (): void => {
    const length = run.reduce((sum, line) => sum + line.length, 0);
    if (run.length > 0 && run.every((line) => PROSE.test(line))) excerpts.replace("x\n", length);
    else for (const line of run) excerpts.keep(line);
    run = [];
  };
  for (const line of linesOf(source)) {
    if (!BLANK.test(line)) run.push(line);
    else {
      flush();
      excerpts.keep(line);
    }
  }
  flush();
  return excerpts.done();
}
