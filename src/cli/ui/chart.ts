const BLOCKS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const GAP = "·";
/** The maximum width of a bar. If it is at least three columns wide, the last one is blank. */
const MAX_BAR_COLUMNS = 4;

/** A value at a point in time; undefined if there is a gap. */
export interface Point {
  at: string;
  value: number | undefined;
}

/** How to draw a chart. */
interface ChartOptions {
  columns: number;
  rows: number;
  /** Formats a value for the axis. */
  format: (value: number) => string;
}

/**
 * Draws a bar for each point. The axis runs from the smallest value to the largest and always includes 0; its
 * ends are labelled. The tops of bars are exact to an eighth of a line. A gap is drawn as a dot. If there are
 * more points than columns, each bar shows the largest of several points.
 */
export function barChart(points: readonly Point[], { columns, rows, format }: ChartOptions): string {
  const values = points.flatMap(({ value }) => (isNumber(value) ? [value] : []));
  if (values.length === 0) return "  no data";
  const top = values.reduce((most, value) => Math.max(most, value), 0);
  const bottom = values.reduce((least, value) => Math.min(least, value), 0);
  if (top === bottom) return "  0 throughout";
  const labels = [format(top), format(bottom)] as const;
  const margin = Math.max(...labels.map((label) => label.length));
  const room = Math.max(1, columns - margin - 2);
  const bars = grouped(points, room).map((value) =>
    value === undefined ? undefined : (value - bottom) / (top - bottom)
  );
  const width = Math.max(1, Math.min(MAX_BAR_COLUMNS, Math.floor(room / bars.length)));
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = row === 0 ? labels[0] : row === rows - 1 ? labels[1] : "";
    const level = rows - 1 - row;
    return `${label.padStart(margin)} │${bars.map((share) => bar(share, level, rows, width)).join("")}`;
  });
  const axis = `${" ".repeat(margin)} └${"─".repeat(bars.length * width)}`;
  const below = " ".repeat(margin + 2) + ends(points, bars.length * width, room);
  return [...lines, axis, below].map((line) => line.trimEnd()).join("\n");
}

/** Formats the first and last time for the line below the axis, or only the first if both don't fit. */
function ends(points: readonly Point[], width: number, room: number): string {
  const [first, last] = [points[0]?.at ?? "", points.at(-1)?.at ?? ""];
  if (first === last) return first;
  const space = Math.max(3, width - first.length - last.length);
  const both = `${first}${" ".repeat(space)}${last}`;
  return both.length <= room ? both : first.slice(0, room);
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

/** Reduces points to at most `count` values, each the largest of its group. */
function grouped(points: readonly Point[], count: number): (number | undefined)[] {
  const size = Math.max(1, Math.ceil(points.length / count));
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const values = points
      .slice(index * size, (index + 1) * size)
      .map(({ value }) => value)
      .filter(isNumber);
    return values.length > 0 ? Math.max(...values) : undefined;
  });
}

/** Draws one line of a bar. */
function bar(share: number | undefined, level: number, rows: number, width: number): string {
  const eighths = share === undefined ? 0 : Math.round(share * rows * 8) - level * 8;
  const empty = share === undefined && level === 0 ? GAP : " ";
  const block = share === undefined ? empty : (BLOCKS[Math.min(8, Math.max(0, eighths))] ?? " ");
  return width < 3 ? block.repeat(width) : `${block.repeat(width - 1)} `;
}

/** Draws a horizontal bar for a share between 0 and 1. */
export function shareBar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}
