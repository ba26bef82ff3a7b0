import { formatBytes, formatNumber, formatPercent } from "./format.ts";
import { isFields, type ToolResult } from "./host.ts";
import { fieldsOf } from "./pictures.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A point of a series. */
export interface Point {
  /** Milliseconds since the epoch. */
  time: number;
  value: number;
}

/** One metric. */
export interface Measure {
  label: string;
  /** The total for the whole period; undefined if Imgwire doesn't give one. */
  value: number | undefined;
  /** The change from the previous period in percent; undefined if that was zero. */
  change: number | undefined;
  points: readonly Point[];
  format: (value: number, locale: string | undefined) => string;
}

const LABELS: Readonly<Record<string, string>> = {
  requests: "Requests",
  transfer_bytes: "Transfer",
  cache_hit_ratio: "Cache hits",
  transformations: "Transformations",
  uploads: "Uploads",
  storage_bytes: "Storage"
};

/** Reads the result of `fetch_metrics`: known measures first, then any others under Imgwire's names. */
export function measuresIn(result: ToolResult): Measure[] {
  const fields = fieldsOf(result);
  const stats = isFields(fields["stats"]) ? fields["stats"] : {};
  const datasets = isFields(fields["datasets"]) ? fields["datasets"] : {};
  const names = new Set([...Object.keys(LABELS), ...Object.keys(stats), ...Object.keys(datasets)]);
  return [...names]
    .filter((name) => isFields(stats[name]) || Array.isArray(datasets[name]))
    .map((name) => measureOf(name, stats[name], datasets[name]));
}

function measureOf(name: string, stat: unknown, dataset: unknown): Measure {
  const { value, pct_change: change }: Fields = isFields(stat) ? stat : {};
  return {
    label: LABELS[name] ?? name.replaceAll("_", " "),
    value: finite(value),
    change: finite(change),
    points: Array.isArray(dataset) ? dataset.flatMap((point) => pointOf(point, name)) : [],
    format: name.endsWith("bytes") ? formatBytes : name.endsWith("ratio") ? formatPercent : formatNumber
  };
}

/** A point's value has the name of its series, sometimes with a suffix: `storage_bytes_current`. */
function pointOf(point: unknown, name: string): Point[] {
  if (!isFields(point)) return [];
  const time = Date.parse(String(point["timestamp"]));
  const value = finite(point[name]) ?? finite(point[`${name}_current`]) ?? finite(point["value"]);
  return Number.isNaN(time) || value === undefined ? [] : [{ time, value }];
}

function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
