/** A table of Markdown; prettier lines it up. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[]
): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The cells of the rows of a Markdown text's one table, without its head. */
export function rowsOfTable(markdown: string): string[][] {
  const lines = markdown.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim())
  );
}
