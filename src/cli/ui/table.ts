import { plain } from "./output.ts";
import { cut, padded, widthOf } from "./width.ts";

/** Lays out rows in columns: aligned and cut to the terminal's width, or tab-separated for other programs. */
export function table(
  rows: readonly (readonly string[])[],
  { terminal, columns }: { terminal: boolean; columns: number }
): string {
  const clean = rows.map((row) => row.map(plain));
  if (!terminal) return clean.map((row) => row.join("\t")).join("\n");
  const widths = (clean[0] ?? []).map((_, index) =>
    Math.max(...clean.map((row) => widthOf(row[index] ?? "")))
  );
  const others = widths.slice(1).reduce((sum, width) => sum + width + 2, 0);
  // Only the first column, which holds names, is shortened.
  widths[0] = Math.max(8, Math.min(widths[0] ?? 0, columns - others));
  return clean
    .map((row) => row.map((text, index) => padded(cut(text, widths[index] ?? 0), widths[index] ?? 0)))
    .map((row) => cut(row.join("  "), columns, "").trimEnd())
    .join("\n");
}
