import type {
  BillingPlan,
  MetricsDatasetInterval,
  MetricsDatasets,
  MetricsStats,
  Usage
} from "../schemas.ts";

export type Measure =
  "uploads" | "transformations" | "requests" | "hits" | "transfer_bytes" | "storage_bytes";

interface Measurement {
  at: number;
  environmentId: string;
  measure: Measure;
  amount: number;
}

/** The period of a report, in milliseconds since the epoch. */
export interface Period {
  start: number;
  end: number;
  interval: MetricsDatasetInterval;
}

const hour = 3_600_000;
const stepOf: Record<MetricsDatasetInterval, number> = {
  HOURLY: hour,
  DAILY: 24 * hour,
  WEEKLY: 7 * 24 * hour,
  MONTHLY: 30 * 24 * hour
};

/** The default period of a report: a day for hourly points, a month for daily ones, and so on. */
export function defaultPeriod(interval: MetricsDatasetInterval, now = Date.now()): Period {
  const steps = { HOURLY: 24, DAILY: 30, WEEKLY: 12, MONTHLY: 12 }[interval];
  return { start: now - steps * stepOf[interval], end: now, interval };
}

/** Records everything measured as it happens; reports are sums over the records. */
export class UsageLog {
  readonly #log: Measurement[] = [];

  record(environmentId: string, measure: Measure, amount = 1, at = Date.now()): void {
    this.#log.push({ at, environmentId, measure, amount });
  }

  datasets(environmentId: string, period: Period): MetricsDatasets {
    const buckets = bucketsOf(period);
    const series = (measure: Measure) =>
      buckets.map(([from, to]) => ({
        timestamp: new Date(from).toISOString(),
        amount: this.#sum(measure, from, to, environmentId)
      }));
    const rename = <K extends string>(measure: Measure, name: K) =>
      series(measure).map(
        ({ timestamp, amount }) =>
          ({ timestamp, [name]: amount }) as { timestamp: string } & Record<K, number>
      );
    const requests = this.#sum("requests", period.start, period.end + 1, environmentId);
    const hits = this.#sum("hits", period.start, period.end + 1, environmentId);
    return {
      uploads: rename("uploads", "uploads"),
      transformations: rename("transformations", "transformations"),
      requests: rename("requests", "requests"),
      transfer_bytes: rename("transfer_bytes", "transfer_bytes"),
      cache_hit_ratio: [
        { label: "HIT", value: hits },
        { label: "MISS", value: requests - hits }
      ],
      storage_bytes: buckets.map(([from, to]) => ({
        timestamp: new Date(from).toISOString(),
        storage_bytes_current: this.#sum("storage_bytes", 0, to, environmentId),
        storage_bytes_added: this.#sum("storage_bytes", from, to, environmentId)
      }))
    };
  }

  stats(environmentId: string, period: Period): MetricsStats {
    const length = period.end - period.start;
    const between = (measure: Measure, back: number) =>
      this.#sum(measure, period.start - back, period.end - back + 1, environmentId);
    const stat = (value: number, prev: number) => ({
      value,
      prev,
      pct_change: prev === 0 ? null : round(((value - prev) / prev) * 100)
    });
    const of = (measure: Measure) => stat(between(measure, 0), between(measure, length));
    const ratio = (back: number) => percent(between("hits", back), between("requests", back));
    return {
      uploads: of("uploads"),
      transformations: of("transformations"),
      requests: of("requests"),
      transfer_bytes: of("transfer_bytes"),
      cache_hit_ratio: stat(ratio(0), ratio(length)),
      storage_bytes: stat(
        this.#sum("storage_bytes", 0, period.end + 1, environmentId),
        this.#sum("storage_bytes", 0, period.start, environmentId)
      )
    };
  }

  /** The whole organization's usage in relation to a plan's limits. */
  usage(plan: BillingPlan): Usage {
    const metric = (used: number, limit: number) => ({ used, limit, percent_used: percent(used, limit) });
    const total = (measure: Measure) => this.#sum(measure, 0, Infinity);
    return {
      storage_bytes: metric(total("storage_bytes"), plan.storage_bytes_limit),
      transfer_bytes: metric(total("transfer_bytes"), plan.transfer_bytes_limit),
      uploads: metric(total("uploads"), plan.upload_limit),
      transformations: metric(total("transformations"), plan.transformations_limit),
      team_members: metric(1, plan.team_member_limit)
    };
  }

  #sum(measure: Measure, from: number, to: number, environmentId?: string): number {
    return this.#log.reduce(
      (sum, entry) =>
        entry.measure === measure &&
        entry.at >= from &&
        entry.at < to &&
        (environmentId === undefined || entry.environmentId === environmentId)
          ? sum + entry.amount
          : sum,
      0
    );
  }
}

function bucketsOf({ start, end, interval }: Period): [from: number, to: number][] {
  const step = stepOf[interval];
  const first = Math.floor(start / step) * step;
  const count = Math.min(1_000, Math.floor((end - first) / step) + 1);
  return Array.from({ length: Math.max(0, count) }, (_, index) => [
    first + index * step,
    first + (index + 1) * step
  ]);
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : round((part / whole) * 100);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
