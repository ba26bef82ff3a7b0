import type { Invocation } from "../../command.ts";
import { callHosted } from "../../hosted.ts";
import type { MetricsOptions } from "./options.ts";
import { describeMetrics, plainMetrics } from "./report.ts";
import { asFields, type Fields, unexpected } from "../../../mcp/service/schemas.ts";

/** Shows the Environment's metrics: charts on a terminal, numbers otherwise or in a format. */
export async function runMetrics(invocation: Invocation, options: MetricsOptions): Promise<void> {
  const { out } = invocation;
  const args = {
    ...(options.interval && { interval: options.interval.toUpperCase() }),
    ...(options.tz && { tz: options.tz }),
    ...(options.since && { date_start: options.since, date_end: new Date().toISOString() })
  };
  const fields = await callHosted(invocation, "fetch_metrics", args, true);
  const datasets: Fields | undefined = asFields(fields["datasets"]) ?? asFields(fields["metrics"]);
  if (!datasets) throw unexpected("fetch_metrics", "no datasets");
  const { format, plain } = options;
  out.answer(fields, () =>
    out.terminal && !plain && !format ? describeMetrics(datasets, out) : plainMetrics(datasets, format)
  );
}
