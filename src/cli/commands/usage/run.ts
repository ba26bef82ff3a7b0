import type { Invocation } from "../../command.ts";
import { callHosted } from "../../hosted.ts";
import { shareBar } from "../../ui/chart.ts";
import { type Output, plain } from "../../ui/output.ts";
import { humanBytes } from "../../ui/progress.ts";
import { asFields, type Fields } from "../../../mcp/service/schemas.ts";

const WARN_PERCENT = 80;
const ALERT_PERCENT = 95;

/** Shows usage against the plan's limits. */
export async function runUsage(invocation: Invocation): Promise<void> {
  const { out } = invocation;
  const fields = await callHosted(invocation, "get_usage", {}, true);
  const usage = asFields(fields["usage"]) ?? fields;
  out.answer(fields, () => describe(usage, out));
}

function describe(usage: Fields, out: Output): string {
  const metrics = Object.entries(usage).flatMap(([name, value]) => {
    const { used, limit } = asFields(value) ?? {};
    return typeof used === "number" && typeof limit === "number" ? [{ name, used, limit }] : [];
  });
  const width = Math.max(0, ...metrics.map(({ name }) => plain(name).length));
  return metrics.map((metric) => line(metric, width, out)).join("\n");
}

function line(
  { name, used, limit }: { name: string; used: number; limit: number },
  width: number,
  { terminal, columns, color }: Output
): string {
  const percent = limit > 0 ? (used / limit) * 100 : 0;
  if (!terminal) return [plain(name), used, limit, percent.toFixed(1)].join("\t");
  const format = (value: number): string =>
    name.includes("bytes") ? humanBytes(value) : value.toLocaleString("en");
  const numbers = `${percent.toFixed(1).padStart(5)}%  ${format(used)} of ${format(limit)}`;
  const room = Math.min(30, columns - width - numbers.length - 4);
  const paint = percent >= ALERT_PERCENT ? color.red : percent >= WARN_PERCENT ? color.yellow : color.green;
  const label = plain(name).replaceAll("_", " ").replace(" bytes", "");
  if (room < 5) return `${label}\n  ${numbers.trim()}`;
  return `${label.padEnd(width)}  ${paint(shareBar(percent / 100, room))}  ${numbers}`;
}
