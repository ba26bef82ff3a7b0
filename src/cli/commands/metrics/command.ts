import { Option } from "commander";
import { UsageError } from "../../../errors.ts";
import type { Register } from "../../command.ts";
import { METRICS_FORMATS, type MetricsOptions } from "./options.ts";

/** `imgwire metrics`. */
export const registerMetrics: Register = (program, run) => {
  program
    .command("metrics")
    .description("show requests, transfer, cache hits and more over time")
    .addOption(
      new Option("--since <time>", "how far back to go, like 24h, 7d or 4w, or a start date").argParser(since)
    )
    .addOption(
      new Option("--interval <name>", "time between points").choices(["hourly", "daily", "weekly", "monthly"])
    )
    .addOption(new Option("--tz <name>", "time zone, like Europe/Oslo (default UTC)").argParser(timeZone))
    .option("--plain", "print numbers instead of charts")
    .addOption(new Option("--format <name>", "print numbers in this format").choices(METRICS_FORMATS))
    .action(
      run(async (invocation, options: MetricsOptions) =>
        (await import("./run.ts")).runMetrics(invocation, options)
      )
    );
};

const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 168 };

/** Converts to an ISO 8601 time. */
function since(text: string): string {
  const [, count, unit] = /^(\d{1,4})([hdw])$/.exec(text) ?? [];
  const hours = HOURS[unit ?? ""];
  const at = hours === undefined ? Date.parse(text) : Date.now() - Number(count) * hours * 3_600_000;
  if (at > Date.now()) throw new UsageError(`--since must be in the past, not "${text}".`);
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new UsageError(`--since takes a duration like 24h, 7d or 4w, or a date, not "${text}".`);
}

/** Returns the canonical name of a time zone. @throws UsageError if this machine doesn't know it */
function timeZone(name: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw new UsageError(`There is no time zone "${name}".`, {
      hint: "Use a name like Europe/Oslo, America/New_York or UTC."
    });
  }
}
