import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { format, resolveConfig } from "prettier";
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

const BEGIN = (group: string): string => `<!-- ${group} -->`;
const END = (group: string): string => `<!-- /${group} -->`;

/** Formats rows for people: failures with their reasons, the rest as a count. */
export function describeRow(row: Row): string {
  const failed = row.checks.filter((check) => check.failed !== undefined);
  const head = `${`${row.name} ${row.version}`.trim()}: ${row.missing === undefined ? counts(row) : `not run: ${row.missing}`}`;
  const lines = failed.map((check) => `  FAILED ${check.name}\n${check.failed}`);
  return [head, ...lines].join("\n");
}

/** Writes a row to its group's table in docs/counterparts.md. */
export async function writeRow(row: Row): Promise<void> {
  const text = writeTables(readFileSync(DOCUMENT, "utf8"), [row]);
  const options = { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT };
  writeFileSync(DOCUMENT, await format(text, options));
}

/** Writes the rows of each group to its table in a Markdown document; a group without rows stays as it is. */
function writeTables(document: string, rows: readonly Row[]): string {
  let text = document;
  for (const group of new Set(rows.map((row) => row.group))) {
    const [start, end] = [text.indexOf(BEGIN(group)), text.indexOf(END(group))];
    if (start < 0 || end < start) throw new Error(`The document has no place for ${group}.`);
    const old = text.slice(start + BEGIN(group).length, end).split("\n");
    const lines = merge(
      old,
      rows.filter((row) => row.group === group)
    );
    text = `${text.slice(0, start)}${BEGIN(group)}\n\n${lines.join("\n")}\n\n${text.slice(end)}`;
  }
  return text;
}

/** Keeps the rows that were not run this time; new ones are added at the end. */
function merge(old: readonly string[], rows: readonly Row[]): string[] {
  const kept = new Map(
    old
      .filter((line) => /^\| (?!counterpart |---)/.test(line))
      .map((line) => [line.split(" | ")[0]?.trimEnd(), line])
  );
  for (const row of rows) {
    if (row.missing === undefined || !kept.has(`| ${row.name}`)) kept.set(`| ${row.name}`, lineOf(row));
  }
  return [
    "| counterpart | version | passed | left out, and why |",
    "| --- | --- | --- | --- |",
    ...kept.values()
  ];
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
