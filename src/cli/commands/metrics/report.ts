import { barChart, type Point } from "../../ui/chart.ts";
import { type Output, plain } from "../../ui/output.ts";
import { humanBytes } from "../../ui/progress.ts";
import { asFields, type Fields } from "../../../mcp/service/schemas.ts";

const CHART_ROWS = 6;

interface Series {
  /** Dataset and field. */
  name: string;
  points: readonly Point[];
}

/** A chart for each series. */
export function describeMetrics(datasets: Fields, { columns, color }: Output): string {
  const charts = seriesIn(datasets).map(({ name, points }) => {
    const format = (value: number): string =>
      name.includes("bytes") ? humanBytes(value) : value.toLocaleString("en");
    const known = points.flatMap(({ value }) => value ?? []);
    const total = known.length > 0 ? format(known.reduce((sum, value) => sum + value, 0)) : "none";
    const summed = name.includes("current") || name.includes("ratio") ? "" : `  total ${total}`;
    return `${color.bold(plain(name).replaceAll("_", " "))}${summed}\n${barChart(points, { columns, rows: CHART_ROWS, format })}`;
  });
  return charts.join("\n\n");
}

/** One number a line: series, time, value. */
export function plainMetrics(datasets: Fields): string {
  const lines = seriesIn(datasets).flatMap(({ name, points }) =>
    points.map(({ at, value }) => [name, at, value ?? ""].map(plain).join("\t"))
  );
  return lines.join("\n");
}

/** Every numeric field of every dataset, over its time or label. */
function seriesIn(datasets: Fields): readonly Series[] {
  return Object.entries(datasets).flatMap(([dataset, value]) => {
    if (!Array.isArray(value)) return [];
    const rows = (value as unknown[]).map(asFields).filter((row) => row !== undefined);
    const fields = new Set(
      rows.flatMap((row) => Object.keys(row).filter((key) => typeof row[key] === "number"))
    );
    if (fields.size === 0) return [{ name: dataset, points: [] }];
    return [...fields].map((field) => ({
      name: field === dataset || field === "value" ? dataset : field,
      points: rows.map((row) => ({
        at: plain(row["timestamp"] ?? row["label"] ?? ""),
        value: typeof row[field] === "number" ? row[field] : undefined
      }))
    }));
  });
}
