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
  for (const word of text.split(" ")) {
    if (line !== "" && width(line) + 1 + width(word) > room) {
      lines.push(line);
      line = word;
      room = columns - indent;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

/** How many columns a text takes, colours not counted. */
function width(text: string): number {
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return [...text.replace(/\u001b\[[\d;]*m/g, "")].length;
}
