import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { format, resolveConfig } from "prettier";
import { partOf, replacePart } from "../markdown.ts";
import type { Check } from "./sign-in.ts";

const DOCUMENT = resolve(import.meta.dirname, "../../docs/counterparts.md");

/** The table row of one counterpart. */
export interface Row {
  id: string;
  group: string;
  name: string;
  version: string;
  checks: readonly Check[];
  /** Why it couldn't be run on this machine. */
  missing?: string;
}

/** Formats a row for the console: failures with their reasons, the rest as a count. */
export function describeRow(row: Row): string {
  const failed = row.checks.filter((check) => check.failed !== undefined);
  const head = `${`${row.name} ${row.version}`.trim()}: ${row.missing === undefined ? counts(row) : `not run: ${row.missing}`}`;
  const lines = failed.map((check) => `  FAILED ${check.name}\n${check.failed}`);
  return [head, ...lines].join("\n");
}

/** Writes a row to its group's table in docs/counterparts.md. */
export async function writeRow(row: Row): Promise<void> {
  const document = readFileSync(DOCUMENT, "utf8");
  const text = replacePart(document, row.group, withRow(partOf(document, row.group), row));
  const options = { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT };
  writeFileSync(DOCUMENT, await format(text, options));
}

/**
 * Replaces a counterpart's row in a table, or adds it at the end. A row that couldn't be run replaces no
 * other.
 */
function withRow(table: string, row: Row): string {
  const lines = new Map(
    table
      .split("\n")
      .filter((line) => /^\| (?!counterpart |---)/.test(line))
      .map((line) => [line.split(" | ")[0]?.trimEnd(), line])
  );
  const key = `| ${row.name}`;
  if (row.missing === undefined || !lines.has(key)) lines.set(key, lineOf(row));
  return [
    "| counterpart | version | passed | left out, and why |",
    "| --- | --- | --- | --- |",
    ...lines.values()
  ].join("\n");
}

function lineOf(row: Row): string {
  const reasons = row.checks.flatMap(({ name, without }) =>
    without === undefined ? [] : [`${name}: ${without}`]
  );
  const passed = row.missing === undefined ? counts(row) : "not run";
  return `| ${row.name} | ${row.version} | ${passed} | ${row.missing ?? reasons.join("; ")} |`;
}

function counts({ checks }: Row): string {
  const tried = checks.filter(({ without }) => without === undefined);
  return `${tried.filter(({ failed }) => failed === undefined).length} of ${tried.length}`;
}
