/**
 * Runs the official conformance suite through the built program: every client scenario that the two revisions
 * require, once with an agent of the legacy era in front and once with one of the modern era.
 *
 *     npm run conformance                                  everything
 *     npm run conformance -- --scenario auth/iss           those with this in their name
 *     npm run conformance -- --agent modern --revision 2026-07-28 --verbose
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type Check,
  requiredScenarios,
  type Revision,
  REVISIONS,
  runSuite,
  suiteNode
} from "./conformance/suite.ts";

const AGENTS = ["legacy", "modern"] as const;
type Agent = (typeof AGENTS)[number];

/** One scenario at one revision with one local agent. */
interface Cell {
  scenario: string;
  revision: Revision;
  agent: Agent;
}

/** A cell that is known to fail, and why that is so. */
interface KnownFailure extends Cell {
  reason: string;
}

interface Result extends Cell {
  /** Why it failed; undefined when it passed. */
  why: string | undefined;
}

const HERE = join(import.meta.dirname, "conformance");
/** Two at a time: more only makes each slower on the machines this runs on. */
const WORKERS = 2;
const TIMEOUT_MS = 60_000;

const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: "" },
    revision: { type: "string" },
    agent: { type: "string" },
    verbose: { type: "boolean", default: false }
  }
});

const known = JSON.parse(readFileSync(join(HERE, "known-failures.json"), "utf8")) as KnownFailure[];
const folder = mkdtempSync(join(tmpdir(), "imgwire-conformance-"));
try {
  const results = await runAll(chosenCells());
  process.exitCode = report(results) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function chosenCells(): Cell[] {
  const { scenario: part, revision: only, agent: who } = values;
  const revisions = REVISIONS.filter((revision) => !only || revision === only);
  return AGENTS.filter((agent) => !who || agent === who).flatMap((agent) =>
    revisions.flatMap((revision) =>
      requiredScenarios("client", revision)
        .filter((scenario) => scenario.includes(part))
        .map((scenario) => ({ scenario, revision, agent }))
    )
  );
}

async function runAll(cells: readonly Cell[]): Promise<Result[]> {
  const node = suiteNode();
  const queue = [...cells.entries()];
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [at, cell] = next;
      results[at] = { ...cell, why: await run(node, cell, join(folder, String(at))) };
      process.stderr.write(results[at].why === undefined ? "." : "x");
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  process.stderr.write("\n");
  return results;
}

/** Runs one cell; resolves with why it failed. */
async function run(
  node: string,
  { scenario, revision, agent }: Cell,
  output: string
): Promise<string | undefined> {
  mkdirSync(output);
  const command = [process.execPath, "--import", "tsx", join(HERE, "client.ts")].join(" ");
  const args = ["client", "--scenario", scenario, "--spec-version", revision, "--command", command];
  const { passed, checks, printed } = await runSuite(node, {
    args: [...args, "--timeout", String(TIMEOUT_MS)],
    env: { AGENT_ERA: agent },
    output
  });
  if (passed) return undefined;
  if (values.verbose) process.stdout.write(`\n${agent} agent, ${revision}, ${scenario}\n${printed}\n`);
  return why([...checks.values()].flat(), printed);
}

function why(checks: readonly Check[], printed: string): string {
  const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  if (bad.length > 0)
    return bad.map((check) => `${check.id}: ${check.errorMessage ?? check.description}`).join("; ");
  const [said] = /^\S*Error: .*$/m.exec(printed) ?? [];
  return printed.includes("TIMED OUT") ? "the client timed out" : (said ?? "the client failed");
}

/** Prints the table; whether everything went as it is known to. */
function report(results: readonly Result[]): boolean {
  const rows = results.map((result) => ({ ...result, verdict: verdict(result) }));
  const width = Math.max(...rows.map(({ scenario }) => scenario.length));
  for (const { scenario, revision, agent, why: reason, verdict: word } of rows) {
    const line = `${scenario.padEnd(width)}  ${revision}  ${agent} agent  ${word}`;
    process.stdout.write(`${line}${reason === undefined ? "" : `  ${reason}`}\n`);
  }
  const failed = rows.filter(({ why: reason }) => reason !== undefined);
  const surprising = rows.filter(({ verdict: word }) => word === "FAIL" || word === "passes now");
  const passed = `${rows.length - failed.length} of ${rows.length} passed`;
  process.stdout.write(`\nConformance through imgwire-mcp: ${passed}; ${surprising.length} not as known.\n`);
  return surprising.length === 0;
}

/** A known failure that passes has to be taken off the list, or the list would hide the next one. */
function verdict(result: Result): "pass" | "FAIL" | "fails as known" | "passes now" {
  const { scenario, revision, agent, why: reason } = result;
  const isKnown = known.some(
    (each) => each.scenario === scenario && each.revision === revision && each.agent === agent
  );
  if (reason === undefined) return isKnown ? "passes now" : "pass";
  return isKnown ? "fails as known" : "FAIL";
}
