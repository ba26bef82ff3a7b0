/** Formats a Markdown table; prettier aligns it. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[]
): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Reads the rows of the only table in a Markdown text, without its header. */
export function rowsOfTable(markdown: string): string[][] {
  const lines = markdown.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim())
  );
}

/**
 * Returns the text between `<!-- name -->` and `<!-- /name -->` in a document.
 * @throws Error if the document has no such part
 */
export function partOf(document: string, name: string): string {
  const { start, end } = locatePart(document, name);
  return document.slice(start, end);
}

/**
 * Replaces the text between `<!-- name -->` and `<!-- /name -->` in a document.
 * @throws Error if the document has no such part
 */
export function replacePart(document: string, name: string, text: string): string {
  const { start, end } = locatePart(document, name);
  return `${document.slice(0, start)}\n\n${text}\n\n${document.slice(end)}`;
}

function locatePart(document: string, name: string): { start: number; end: number } {
  const opening = `<!-- ${name} -->`;
  const [from, end] = [document.indexOf(opening), document.indexOf(`<!-- /${name} -->`)];
  if (from < 0 || end < from)
    throw new Error(`The document has no part between <!-- ${name} --> and <!-- /${name} -->.`);
  return { start: from + opening.length, end };
}
