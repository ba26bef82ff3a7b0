/**
 * Runs the official conformance suite through the built program, at both revisions whose requirements the
 * suite has frozen. Every client scenario runs with an agent of each era, and every server scenario,
 * including those of the program's extensions, with a hosted server of each era.
 *
 *     npm run conformance                                  everything
 *     npm run conformance -- --scenario auth/iss           scenarios with this in their name
 *     npm run conformance -- --leg client --with modern --revision 2026-07-28
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runClientCell } from "./conformance/client-leg.ts";
import { runServerLeg } from "./conformance/server-leg.ts";
import {
  ERAS,
  EXTENSION_SCENARIOS,
  requiredScenarios,
  type Result,
  REVISIONS,
  suiteNode
} from "./conformance/suite.ts";
import { report } from "./conformance/table.ts";

type Job = () => Promise<Result[]>;

/** On a machine with two cores, more would only slow each other down. */
const WORKERS = 2;

const { values } = parseArgs({
  options: {
    leg: { type: "string" },
    scenario: { type: "string", default: "" },
    revision: { type: "string" },
    with: { type: "string" }
  }
});

const folder = mkdtempSync(join(tmpdir(), "imgwire-conformance-"));
try {
  const results = (await runAll(jobs())).filter(({ scenario }) => scenario.includes(values.scenario));
  process.exitCode = report(results, (text) => process.stdout.write(text)) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function jobs(): Job[] {
  const node = suiteNode();
  const revisions = REVISIONS.filter((revision) => !values.revision || revision === values.revision);
  const pairs = ERAS.filter((era) => !values.with || era === values.with).flatMap((era) =>
    revisions.map((revision) => ({ era, revision }))
  );
  const matching = (leg: "client" | "server", revision: (typeof REVISIONS)[number]): string[] => {
    if (values.leg && values.leg !== leg) return [];
    const extensions = leg === "server" ? EXTENSION_SCENARIOS : [];
    return [...requiredScenarios(leg, revision), ...extensions].filter((scenario) =>
      scenario.includes(values.scenario)
    );
  };
  const clients = pairs.flatMap(({ era, revision }) =>
    matching("client", revision).map((scenario): Job => {
      const cell = { leg: "client", scenario, revision, with: era } as const;
      return async () => [await runClientCell(node, cell, folder)];
    })
  );
  // The suite runs a revision's server scenarios one after the other against a single URL.
  const servers = pairs
    .filter(({ revision }) => matching("server", revision).length > 0)
    .map(
      ({ era, revision }): Job =>
        () =>
          runServerLeg(node, revision, era, folder, values.scenario)
    );
  return [...clients, ...servers];
}

/** Runs the jobs with limited concurrency and returns their results in order. */
async function runAll(all: readonly Job[]): Promise<Result[]> {
  const results: Result[][] = [];
  const queue = [...all.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [at, job] = next;
      results[at] = await job();
      process.stderr.write(results[at].every(({ why }) => why === undefined) ? "." : "x");
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  process.stderr.write("\n");
  return results.flat();
}
