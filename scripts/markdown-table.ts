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
