import { z } from "zod";
import { notAllowed } from "../../account/domain-error.ts";
import { plan } from "../../account/plan.ts";
import { defaultPeriod, type Period } from "../../account/usage.ts";
import {
  dateTime,
  MetricsDatasetInterval,
  MetricsDatasetsSchema,
  MetricsStatsSchema,
  UsageSchema
} from "../../schemas.ts";
import { accountTool, environmentTool, readOnly } from "../tool.ts";

export const fetchMetrics = environmentTool(
  {
    name: "fetch_metrics",
    title: "Fetch metrics",
    description: "Fetch Environment analytics for dashboards or troubleshooting.",
    annotations: readOnly,
    input: z.object({
      interval: MetricsDatasetInterval.default("HOURLY"),
      tz: z.string().default("UTC"),
      date_start: dateTime.nullish(),
      date_end: dateTime.nullish()
    }),
    output: z.object({ stats: MetricsStatsSchema, datasets: MetricsDatasetsSchema })
  },
  ({ service: { usage }, environmentId }, { interval, date_start, date_end }) => {
    const usual = defaultPeriod(interval);
    const period: Period = {
      interval,
      start: instant(date_start) ?? usual.start,
      end: instant(date_end) ?? usual.end
    };
    return { stats: usage.stats(environmentId, period), datasets: usage.datasets(environmentId, period) };
  }
);

export const getUsage = accountTool(
  {
    name: "get_usage",
    title: "Get usage",
    description: "Inspect current Imgwire platform usage relative to billing limits.",
    annotations: readOnly,
    input: z.object({}),
    output: UsageSchema
  },
  ({ service: { usage } }) => {
    const now = new Date();
    const month = (offset: number) =>
      new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1)).toISOString();
    return {
      billing_plan: plan,
      subscription_status: "ACTIVE" as const,
      current_quota_period_start_at: month(0),
      current_quota_period_end_at: month(1),
      usage: usage.usage(plan)
    };
  }
);

function instant(text: string | null | undefined): number | undefined {
  if (text == null) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw notAllowed(`${text} is not a date and time.`);
  return time;
}
