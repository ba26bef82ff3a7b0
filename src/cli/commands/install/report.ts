import type { Scope } from "../../../agents/agent.ts";
import type { ConfigResult } from "../../../agents/apply.ts";
import { AGENTS } from "../../../agents/catalogue.ts";
import type { SkillResult } from "../../../agents/skill/apply.ts";
import type { SkillState } from "../../../agents/skill/plan.ts";
import { type ErrorReport, inLines } from "../../../errors.ts";
import { stripControls } from "../../../log.ts";
import { shownDiff } from "../../ui/diff.ts";
import type { Output } from "../../ui/output.ts";
import { wrapped } from "../../ui/wrap.ts";

/** The result for one agent's file, in the form of `--json`. */
export interface Result {
  client: string;
  scope: Scope;
  file: string;
  change?: ConfigResult["change"];
  backup?: string;
  diff?: string;
  /** The result for the skill; null if the agent reads no skills in this scope. */
  skill?: SkillResult | null;
  error?: ErrorReport;
}

/** A row of `imgwire install --list`. */
export interface AgentRow {
  client: string;
  title: string;
  /** Whether it has been used on this machine. */
  found: boolean;
  /** The scopes that have the entry. */
  installed: Scope[];
  /** What the entry runs: a version, `npx`, the hosted URL, or another command; null without an entry. */
  runs: string | null;
  /** The state of the skill for the user or, failing that, in this project; null if there is none. */
  skill: SkillState | null;
  /** The user's file, or the project's if the agent has no other. */
  file: string;
}

/** Formats a line for each file with what was done, or would be done. */
export function describeChanges(
  results: readonly Result[],
  dryRun: boolean,
  out: Pick<Output, "color">
): string {
  return results.map((result) => describe(result, dryRun, out)).join("\n");
}

function describe(
  { client, file, change = "unchanged", backup, diff, skill, error }: Result,
  dryRun: boolean,
  out: Pick<Output, "color">
): string {
  const title = titleOf(client);
  if (error) return stripControls(`${title}: ${inLines(error)}`);
  const line = `${title}: ${done(change, dryRun)} ${file}`;
  const lines = [
    stripControls(line),
    backup && stripControls(`  backup: ${backup}`),
    diff && shownDiff(diff, out),
    skill !== undefined && stripControls(`  skill: ${describeSkill(skill, dryRun)}`)
  ];
  return lines.filter(Boolean).join("\n");
}

function done(change: ConfigResult["change"], dryRun: boolean): string {
  const would = dryRun ? "would be " : "";
  const words = {
    added: `${would}added to`,
    updated: `${would}updated in`,
    removed: `${would}removed from`,
    unchanged: "nothing to change in"
  };
  return words[change];
}

function describeSkill(skill: SkillResult | null, dryRun: boolean): string {
  if (!skill) return "this agent doesn't support skills here";
  const { folder, change, changed = [], link, usedBy = [] } = skill;
  if (usedBy.length > 0)
    return `kept in ${folder}, which ${usedBy.map(titleOf).join(", ")} also ${usedBy.length > 1 ? "use" : "uses"}`;
  if (link !== undefined) return `left alone: ${folder} is a link to ${link}`;
  const files = changed.join(", ");
  if (change === "kept") return `left alone in ${folder}: edited since it was installed (${files})`;
  const rest = changed.length > 0 ? `, except edited files (${files})` : "";
  return `${done(change, dryRun)} ${folder}${rest}`;
}

function titleOf(client: string): string {
  return AGENTS.find(({ id }) => id === client)?.title ?? client;
}

const HEADINGS = ["AGENT", "FOUND", "INSTALLED", "RUNS", "SKILL", "FILE"];

/**
 * Formats a table of agents. On a terminal the detected ones are listed first and the rest named on one line.
 * If the files don't fit next to them, they are shown below.
 */
export function describeList(
  rows: readonly AgentRow[],
  { interactive, columns }: Pick<Output, "interactive" | "columns">
): string {
  const shown = interactive ? rows.filter(({ found, installed }) => found || installed.length > 0) : rows;
  const cells = shown.map(({ client, found, installed, runs, skill, file }) => [
    client,
    found ? "found" : "-",
    installed.length > 0 ? installed.join(", ") : "-",
    runs ?? "-",
    skill ?? "-",
    file
  ]);
  const others = rows.filter((row) => !shown.includes(row)).map(({ client }) => client);
  const lines = cells.length > 0 ? aligned([HEADINGS, ...cells], columns) : ["No agents were found here."];
  if (others.length > 0) lines.push(wrapped(`Also supported: ${others.join(", ")}`, columns));
  return stripControls(lines.join("\n"));
}

function aligned(rows: readonly (readonly string[])[], columns: number): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const fits = widths.reduce((sum, width) => sum + width + 2, -2) <= columns;
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  if (fits) return rows.map(line);
  return rows.map((row, index) => line(row.slice(0, -1)) + (index === 0 ? "" : `\n  ${row.at(-1)}`));
}
