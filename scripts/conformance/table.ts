import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cell, Result } from "./suite.ts";

/** Cells that are known to fail, and why. An omitted field matches any value. */
interface KnownFailure extends Partial<Cell> {
  scenario: string;
  reason: string;
}

type Verdict = "pass" | "FAIL" | "fails as known" | "passes now";

const KNOWN = JSON.parse(
  readFileSync(join(import.meta.dirname, "known-failures.json"), "utf8")
) as KnownFailure[];

/** Prints the table and the totals. Returns whether every cell had its expected result. */
export function report(results: readonly Result[], print: (text: string) => void): boolean {
  const rows = results.map((result) => ({ result, verdict: verdictOf(result) }));
  const width = Math.max(...results.map(({ scenario }) => scenario.length));
  for (const { result, verdict } of rows) {
    const { leg, scenario, revision, with: era, why } = result;
    const other = leg === "client" ? `${era} agent` : `${era} server`;
    const reason = verdict === "fails as known" ? known(result)!.reason : why;
    print(`${[leg, scenario.padEnd(width), revision, other, verdict, reason ?? ""].join("  ").trimEnd()}\n`);
  }
  for (const leg of ["client", "server"] as const) {
    const of = (verdict: Verdict): number =>
      rows.filter(({ result, verdict: word }) => result.leg === leg && word === verdict).length;
    const total = results.filter((result) => result.leg === leg).length;
    print(`\n${leg} scenarios: ${of("pass")} of ${total} pass, ${of("fails as known")} fail as known`);
    print(`, ${of("FAIL")} fail, ${of("passes now")} pass although listed as failing.`);
  }
  print("\n");
  return rows.length > 0 && rows.every(({ verdict }) => verdict === "pass" || verdict === "fails as known");
}

/** A known failure that passes must be removed from the list, so that it can't hide the next failure. */
function verdictOf(result: Result): Verdict {
  if (result.why === undefined) return known(result) ? "passes now" : "pass";
  return known(result) ? "fails as known" : "FAIL";
}

function known(cell: Cell): KnownFailure | undefined {
  const fields = ["leg", "scenario", "revision", "with"] as const;
  return KNOWN.find((entry) =>
    fields.every((field) => entry[field] === undefined || entry[field] === cell[field])
  );
}
