import type { Invocation } from "../../command.ts";
import { callHosted } from "../../hosted.ts";
import { shareBar } from "../../ui/chart.ts";
import { type Output, plain } from "../../ui/output.ts";
import { humanBytes } from "../../ui/progress.ts";
import { asFields, type Fields } from "../../../mcp/service/schemas.ts";

const WARN_PERCENT = 80;
const ALERT_PERCENT = 95;
const MIN_BAR_COLUMNS = 5;

/** Shows usage in relation to the plan's limits. */
export async function runUsage(invocation: Invocation): Promise<void> {
  const { out } = invocation;
  const fields = await callHosted(invocation, "get_usage", {}, true);
  const usage = asFields(fields["usage"]) ?? fields;
  out.answer(fields, () => describe(usage, out));
}

interface Metric {
  name: string;
  used: number;
  limit: number;
  percent: number;
}

function describe(usage: Fields, { terminal, columns, color }: Output): string {
  const metrics = Object.entries(usage).flatMap(([name, value]): Metric[] => {
    const { used, limit } = asFields(value) ?? {};
    if (typeof used !== "number" || typeof limit !== "number") return [];
    return [{ name: plain(name), used, limit, percent: limit > 0 ? (used / limit) * 100 : 0 }];
  });
  if (!terminal) return metrics.map(tabSeparated).join("\n");
  const rows = metrics.map((metric) => ({ ...metric, label: labelOf(metric), numbers: numbersOf(metric) }));
  const labels = Math.max(0, ...rows.map(({ label }) => label.length));
  // All bars have the same length, so that they can be compared.
  const bar = Math.min(30, ...rows.map(({ numbers }) => columns - labels - numbers.length - 4));
  return rows
    .map(({ label, numbers, percent }) => {
      const paint =
        percent >= ALERT_PERCENT ? color.red : percent >= WARN_PERCENT ? color.yellow : color.green;
      if (bar < MIN_BAR_COLUMNS) return `${label}\n  ${paint(numbers.trim())}`;
      return `${label.padEnd(labels)}  ${paint(shareBar(percent / 100, bar))}  ${numbers}`;
    })
    .join("\n");
}

function tabSeparated({ name, used, limit, percent }: Metric): string {
  return [name, used, limit, percent.toFixed(1)].join("\t");
}

function labelOf({ name }: Metric): string {
  return name.replaceAll("_", " ").replace(" bytes", "");
}

function numbersOf({ name, used, limit, percent }: Metric): string {
  const format = (value: number): string =>
    name.includes("bytes") ? humanBytes(value) : value.toLocaleString("en");
  return `${percent.toFixed(1).padStart(5)}%  ${format(used)} of ${format(limit)}`;
}
