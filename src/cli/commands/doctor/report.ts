import { type Output, plain } from "../../ui/output.ts";
import { wrapped } from "../../ui/wrap.ts";
import type { Line } from "./check.ts";

const INDENT = " ".repeat(6);
/**
 * Findings are shown next to the title if there are at least this many columns for them, otherwise below it.
 */
const MIN_COLUMN = 32;

/** Formats a line for each check with its fix, a summary, and the first thing to do. */
export function describeChecks(lines: readonly Line[], out: Output): string {
  const width = Math.max(...lines.map(({ title }) => title.length));
  return [...lines.map((line) => describe(line, width, out)), "", summary(lines, out)].join("\n");
}

function describe({ status, title, message, fix }: Line, width: number, { color, columns }: Output): string {
  const paint = { pass: color.green, warn: color.yellow, fail: color.red, skip: color.dim }[status];
  const head = `${paint(status.toUpperCase())}  `;
  const indented = (text: string): string => INDENT + wrapped(plain(text), columns, INDENT.length);
  const remedy = fix ? [indented(fix)] : [];
  const start = INDENT.length + width + 2;
  if (columns - start < MIN_COLUMN)
    return [head + color.bold(title), indented(message), ...remedy].join("\n");
  const found = wrapped(plain(message), columns, start);
  return [`${head}${color.bold(title.padEnd(width))}  ${found}`, ...remedy].join("\n");
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
  const next = first.fix
    ? `\nFirst: ${color.bold(
        plain(first.fix)
          .replace(/^Run: /, "")
          .replace(/^Run /, "run ")
      )}`
    : "";
  const fixable = lines.some(({ repair }) => repair)
    ? "\nOr fix what can be fixed automatically: imgwire doctor --fix"
    : "";
  return `${lines.length} checks: ${parts.join(", ")}.${next}${fixable}`;
}
