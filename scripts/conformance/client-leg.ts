import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type Cell, objections, type Result, runSuite } from "./suite.ts";

const CLIENT = join(import.meta.dirname, "client.ts");
/** The suite's Node runs TypeScript directly; a loader would take longer than the agent itself. */
const STRIP_TYPES = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
const SCENARIO_TIMEOUT_MS = 60_000;

/**
 * Runs one client scenario: the suite starts a server and the agent in `client.ts`, which speaks the cell's
 * era through the built program.
 * @param folder where the suite may store its results
 */
export async function runClientCell(node: string, cell: Cell, folder: string): Promise<Result> {
  const { scenario, revision, with: era } = cell;
  const command = [node, ...STRIP_TYPES, CLIENT].join(" ");
  const args = ["client", "--scenario", scenario, "--spec-version", revision, "--command", command];
  const { passed, checks, printed } = await runSuite(node, {
    args: [...args, "--timeout", String(SCENARIO_TIMEOUT_MS)],
    env: { AGENT_ERA: era, PROGRAM_NODE: process.execPath },
    output: mkdtempSync(join(folder, "client-"))
  });
  const why = passed ? undefined : (objections([...checks.values()].flat()) ?? clientFailure(printed));
  return { ...cell, why };
}

/** Returns why the client itself failed, in which case the checks are meaningless. */
function clientFailure(printed: string): string {
  if (printed.includes("TIMED OUT")) return "the client timed out";
  const [said] = /^\S*Error: .*$/m.exec(printed) ?? [];
  return said ?? "the client failed";
}
