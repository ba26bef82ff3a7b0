import type { Scope } from "../../../agents/agent.ts";
import type { ConfigResult } from "../../../agents/apply.ts";
import { AGENTS } from "../../../agents/catalogue.ts";
import type { ErrorReport } from "../../../errors.ts";
import { stripControls } from "../../../log.ts";
import type { Output } from "../../ui/output.ts";

/** What happened to one agent's file, as `--json` shows it. */
export interface Result {
  client: string;
  scope: Scope;
  file: string;
  change?: ConfigResult["change"];
  backup?: string;
  diff?: string;
  error?: ErrorReport;
}

/** One agent, as `imgwire install --list` shows it. */
export interface AgentRow {
  client: string;
  title: string;
  /** Whether it has been used on this machine. */
  found: boolean;
  /** Where the entry stands: for the user, for this project, or both. */
  installed: Scope[];
  /** What the entry runs: a version, `npx`, the hosted URL, or another command; null without an entry. */
  runs: string | null;
  /** The user's file; the project's where the agent has no other. */
  file: string;
}

/** A line for each file, with what was done or would be. */
export function describeChanges(results: readonly Result[], dryRun: boolean): string {
  return results.map((result) => describe(result, dryRun)).join("\n");
}

function describe(
  { client, file, change = "unchanged", backup, diff, error }: Result,
  dryRun: boolean
): string {
  const title = AGENTS.find(({ id }) => id === client)?.title ?? client;
  if (error) return stripControls(`${title}: ${error.message}${error.hint ? `\n  ${error.hint}` : ""}`);
  const would = dryRun ? "would be " : "";
  const done = {
    added: `${would}added to`,
    updated: `${would}updated in`,
    removed: `${would}removed from`,
    unchanged: "nothing to change in"
  };
  const line = `${title}: ${done[change]} ${file}`;
  return stripControls([line, backup && `  backup: ${backup}`, diff].filter(Boolean).join("\n"));
}

/** A table of agents; on a terminal the found ones come first and the rest is named in one line. */
export function describeList(
  rows: readonly AgentRow[],
  { interactive }: Pick<Output, "interactive">
): string {
  const shown = interactive ? rows.filter(({ found, installed }) => found || installed.length > 0) : rows;
  const cells = shown.map(({ client, found, installed, runs, file }) => [
    client,
    found ? "found" : "-",
    installed.length > 0 ? installed.join(", ") : "-",
    runs ?? "-",
    file
  ]);
  const table = [["AGENT", "FOUND", "INSTALLED", "RUNS", "FILE"], ...cells];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0))
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  );
  const others = rows.filter((row) => !shown.includes(row)).map(({ client }) => client);
  return stripControls(
    [...lines, ...(others.length > 0 ? [`Also supported: ${others.join(", ")}`] : [])].join("\n")
  );
}
