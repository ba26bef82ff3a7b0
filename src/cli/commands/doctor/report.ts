import { type Output, plain } from "../../ui/output.ts";
import type { Line } from "./check.ts";

const INDENT = " ".repeat(6);

/** A line for each check, what to do under those that need it, a summary, and the one thing to do first. */
export function describeChecks(lines: readonly Line[], out: Output): string {
  const width = Math.max(...lines.map(({ title }) => title.length));
  return [...lines.map((line) => describe(line, width, out)), "", summary(lines, out)].join("\n");
}

function describe({ status, title, message, fix }: Line, width: number, { color }: Output): string {
  const paint = { pass: color.green, warn: color.yellow, fail: color.red, skip: color.dim }[status];
  const line = `${paint(status.toUpperCase())}  ${color.bold(title.padEnd(width))}  ${plain(message)}`;
  return fix ? `${line}\n${INDENT}${plain(fix)}` : line;
}

function summary(lines: readonly Line[], { color }: Output): string {
  const count = (status: Line["status"]): number => lines.filter((line) => line.status === status).length;
  const first =
    lines.find(({ status }) => status === "fail") ?? lines.find(({ status }) => status === "warn");
  if (!first) return "All checks passed.";
  const counts = [
    [count("fail"), "failed"],
    [count("warn"), count("warn") === 1 ? "warning" : "warnings"],
    [count("skip"), "skipped"]
  ] as const;
  const parts = counts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const next = first.fix ? `\nFirst: ${color.bold(plain(first.fix))}` : "";
  return `${lines.length} checks: ${parts.join(", ")}.${next}`;
}
