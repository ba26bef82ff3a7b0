import { plain } from "./output.ts";

/**
 * Lays rows out in columns: aligned and cut to the terminal's width, or tab-separated for another program.
 */
export function table(
  rows: readonly (readonly string[])[],
  { terminal, columns }: { terminal: boolean; columns: number }
): string {
  const clean = rows.map((row) => row.map(plain));
  if (!terminal) return clean.map((row) => row.join("\t")).join("\n");
  const widths = (clean[0] ?? []).map((_, index) =>
    Math.max(...clean.map((row) => [...(row[index] ?? "")].length))
  );
  const others = widths.slice(1).reduce((sum, width) => sum + width + 2, 0);
  // The first column gives way: it holds names.
  widths[0] = Math.max(8, Math.min(widths[0] ?? 0, columns - others));
  return clean
    .map((row) => row.map((text, index) => fitted(text, widths[index] ?? 0)).join("  "))
    .map((line) => [...line].slice(0, columns).join("").trimEnd())
    .join("\n");
}

function fitted(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}

/** Cuts a text to a width, with an ellipsis. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length > width ? `${characters.slice(0, width - 1).join("")}…` : text;
}
