import { barChart, type Point, shareBar } from "../../ui/chart.ts";
import { type Output, plain } from "../../ui/output.ts";
import { csv } from "../../ui/csv.ts";
import { humanBytes } from "../../ui/progress.ts";
import type { MetricsOptions } from "./options.ts";
import { asFields, type Fields } from "../../../mcp/service/schemas.ts";

const CHART_ROWS = 6;
const MAX_SHARE_COLUMNS = 40;
/** Longer numbers are shown with an exponent. */
const MAX_NUMBER_LENGTH = 15;

interface Series {
  /** The dataset and field. */
  name: string;
  /** Either a value over time, or one number for each label, such as cache hits and misses. */
  kind: "time" | "labels";
  points: readonly Point[];
}

/** Draws a chart for each series. */
export function describeMetrics(datasets: Fields, { columns, color }: Output): string {
  return seriesIn(datasets)
    .map((series) => {
      const title = color.bold(plain(series.name).replaceAll("_", " "));
      const format = formatOf(series.name);
      if (series.kind === "labels") return `${title}\n${labelBars(series.points, columns, format)}`;
      const chart = barChart(shortTimes(series.points), { columns, rows: CHART_ROWS, format });
      return `${title}${totalOf(series, format)}\n${chart}`;
    })
    .join("\n\n");
}

/** Formats one value per line: series, time, value. The value of a gap is empty. */
export function plainMetrics(datasets: Fields, format: MetricsOptions["format"] = "table"): string {
  const rows = seriesIn(datasets).flatMap(({ name, points }) =>
    points.map(({ at, value }) => ({ series: plain(name), at, value: value ?? null }))
  );
  if (format === "json") return JSON.stringify(rows, undefined, 2);
  const cells = rows.map(({ series, at, value }) => [series, at, value ?? ""]);
  if (format === "csv") return csv([["series", "at", "value"], ...cells]);
  return cells.map((row) => row.join("\t")).join("\n");
}

function formatOf(name: string): (value: number) => string {
  if (name.includes("bytes")) return humanBytes;
  return (value) => {
    const grouped = value.toLocaleString("en");
    return grouped.length <= MAX_NUMBER_LENGTH ? grouped : value.toExponential(2);
  };
}

/** Formats the total over time. Levels and ratios have none: adding them up would be meaningless. */
function totalOf({ name, points }: Series, format: (value: number) => string): string {
  if (name.includes("current") || name.includes("ratio")) return "";
  const values = points.flatMap(({ value }) => value ?? []);
  return values.length === 0 ? "" : `  total ${format(values.reduce((sum, value) => sum + value, 0))}`;
}

/** Draws a horizontal bar for each label, with its number and its share of the total. */
function labelBars(points: readonly Point[], columns: number, format: (value: number) => string): string {
  const rows = points.map(({ at, value = 0 }) => ({ at, value, shown: format(value) }));
  const sum = rows.reduce((all, { value }) => all + Math.max(0, value), 0);
  const [label, number] = [rows.map(({ at }) => at), rows.map(({ shown }) => shown)].map((texts) =>
    Math.max(0, ...texts.map((text) => text.length))
  ) as [number, number];
  const width = Math.min(MAX_SHARE_COLUMNS, columns - label - number - 14);
  return rows
    .map(({ at, value, shown }) => {
      const share = sum > 0 ? Math.max(0, value) / sum : 0;
      const drawn = width >= 5 ? `${shareBar(share, width)}  ` : "";
      const percent = `${(share * 100).toFixed(1).padStart(5)}%`;
      return `  ${at.padEnd(label)}  ${drawn}${shown.padStart(number)}  ${percent}`;
    })
    .join("\n");
}

/**
 * Formats times as dates if every step starts at midnight, otherwise as dates and times, in the time zone
 * that Imgwire used.
 */
function shortTimes(points: readonly Point[]): readonly Point[] {
  const daily = points.every(({ at }) => /T00:00:00/.test(at));
  return points.map(({ at, value }) => {
    const [, date, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(at) ?? [];
    return { at: date === undefined ? at : daily ? date : `${date} ${time}`, value };
  });
}

/** Extracts every numeric field of every dataset, by time or label. */
function seriesIn(datasets: Fields): readonly Series[] {
  return Object.entries(datasets).flatMap(([dataset, value]): Series[] => {
    if (!Array.isArray(value)) return [];
    const rows = (value as unknown[]).map(asFields).filter((row) => row !== undefined);
    const kind = rows.some((row) => row["timestamp"] === undefined) ? "labels" : "time";
    const fields = new Set(
      rows.flatMap((row) => Object.keys(row).filter((key) => typeof row[key] === "number"))
    );
    if (fields.size === 0) return [{ name: dataset, kind: "time", points: [] }];
    return [...fields].map((field) => ({
      name: field === dataset || field === "value" ? dataset : field,
      kind,
      points: rows.map((row) => ({
        at: plain(row["timestamp"] ?? row["label"] ?? ""),
        value: typeof row[field] === "number" ? row[field] : undefined
      }))
    }));
  });
}
