const BLOCKS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A value at a time; undefined where there is a gap. */
export interface Point {
  at: string;
  value: number | undefined;
}

/**
 * Draws a bar for each point between the least and the greatest value, with both on the axis. Where there are
 * more points than columns, a bar shows the greatest of its points. Negative values have the axis at the
 * least one.
 */
export function barChart(
  points: readonly Point[],
  { columns, rows, format }: { columns: number; rows: number; format: (value: number) => string }
): string {
  const values = points.flatMap(({ value }) =>
    value === undefined || !Number.isFinite(value) ? [] : [value]
  );
  if (values.length === 0) return "  no data";
  const top = Math.max(...values, 0);
  const bottom = Math.min(...values, 0);
  const labels = [format(top), format(bottom)];
  const margin = Math.max(...labels.map((label) => label.length));
  const bars = grouped(points, Math.max(1, columns - margin - 3));
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = row === 0 ? labels[0] : row === rows - 1 ? labels[1] : "";
    const level = rows - 1 - row;
    return `${(label ?? "").padStart(margin)} │${bars.map((value) => block(value, bottom, top, level, rows)).join("")}`;
  });
  const [first, last] = [points[0]?.at ?? "", points.at(-1)?.at ?? ""];
  const axis =
    first === last
      ? first
      : `${first}${" ".repeat(Math.max(1, bars.length - first.length - last.length))}${last}`;
  return [...lines, `${" ".repeat(margin)} └${"─".repeat(bars.length)}`, `${" ".repeat(margin + 2)}${axis}`]
    .map((line) => [...line].slice(0, columns).join("").trimEnd())
    .join("\n");
}

/** At most `count` values, each the greatest of the points it stands for. */
function grouped(points: readonly Point[], count: number): (number | undefined)[] {
  const size = Math.max(1, Math.ceil(points.length / count));
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const values = points.slice(index * size, (index + 1) * size).flatMap(({ value }) => value ?? []);
    return values.length > 0 ? Math.max(...values) : undefined;
  });
}

function block(value: number | undefined, bottom: number, top: number, level: number, rows: number): string {
  if (value === undefined || top === bottom) return value === undefined ? " " : level === 0 ? "▁" : " ";
  const eighths = Math.round(((value - bottom) / (top - bottom)) * rows * 8);
  return BLOCKS[Math.min(8, Math.max(0, eighths - level * 8))] ?? " ";
}

/** A horizontal bar for a share between 0 and 1. */
export function shareBar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}
