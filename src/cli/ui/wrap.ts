import { widthOf } from "./width.ts";

/** Matches a space outside backticks. Commands aren't broken, so that they can be copied. */
const SPACE = / (?=(?:[^`]*`[^`]*`)*[^`]*$)/;

/**
 * Wraps text between words so that no line exceeds `columns`. A word that is too long, such as a URL, isn't
 * broken, so that it can still be copied.
 * @param indent the indentation of every line but the first
 * @param taken the number of columns already used on the first line
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

/** Wraps each line of a text like {@link wrapped}; continuation lines are aligned with its beginning. */
export function wrappedLines(text: string, columns: number): string {
  return text
    .split("\n")
    .map((line) => {
      const [indent = ""] = /^ */.exec(line) ?? [];
      return indent + wrapped(line.slice(indent.length), columns, indent.length);
    })
    .join("\n");
}
