/** The formats of `--format`; a table is tab-separated. */
export const METRICS_FORMATS = ["table", "csv", "json"] as const;

/** Which metrics are shown, and how. */
export interface MetricsOptions {
  /** ISO 8601. */
  since?: string;
  interval?: string;
  tz?: string;
  plain?: true;
  format?: (typeof METRICS_FORMATS)[number];
}
