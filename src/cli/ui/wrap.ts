import { widthOf } from "./width.ts";

/** A space that isn't within backticks: a command stays whole so that it can be copied. */
const SPACE = / (?=(?:[^`]*`[^`]*`)*[^`]*$)/;

/**
 * Breaks text between its words so that no line is wider than `columns`; a word that is wider by itself, such
 * as a URL, stays whole so that it can be copied.
 * @param indent how far every line but the first is moved to the right
 * @param taken how many columns of the first line are taken already
 */
export function wrapped(text: string, columns: number, indent = 0, taken = indent): string {
  const lines: string[] = [];
  let line = "";
  let room = columns - taken;
  for (const word of text.split(SPACE)) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > room) {
      lines.push(line);
      line = word;
      room = columns - indent;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

/** Breaks each line of a text as {@link wrapped} does; what belongs to a line stands below its beginning. */
export function wrappedLines(text: string, columns: number): string {
  return text
    .split("\n")
    .map((line) => {
      const [indent = ""] = /^ */.exec(line) ?? [];
      return indent + wrapped(line.slice(indent.length), columns, indent.length);
    })
    .join("\n");
}
