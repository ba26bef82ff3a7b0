import { resolve } from "node:path";
import { EXIT } from "../../../errors.ts";
import { writeFileAtomic } from "../../../system/write.ts";
import type { Invocation } from "../../command.ts";
import { spin } from "../../ui/progress.ts";
import { ACCOUNT_CHECKS } from "./account.ts";
import { agentChecks } from "./agents.ts";
import { bugReport } from "./bug-report.ts";
import { runChecks } from "./check.ts";
import { findingsOf } from "./findings.ts";
import { MACHINE_CHECKS } from "./machine.ts";
import { NETWORK_CHECKS } from "./network.ts";
import { describeChecks } from "./report.ts";

/** How to diagnose. */
export interface DoctorOptions {
  report?: string;
  startProjectEntries?: true;
}

/**
 * Runs every check and prints a line for each.
 * @returns the exit code: 1 when one has failed
 */
export async function runDoctor({ deps, out, signal }: Invocation, options: DoctorOptions): Promise<number> {
  const checks = [...MACHINE_CHECKS, ...NETWORK_CHECKS, ...ACCOUNT_CHECKS, ...(await agentChecks(deps))];
  const done = out.interactive ? spin(deps.io.stderr, true, "Checking…", signal) : () => undefined;
  const findings = findingsOf(deps, signal);
  const startProjectEntries = options.startProjectEntries === true;
  const lines = await runChecks(checks, { deps, findings, startProjectEntries, signal }).finally(done);
  const report = options.report && resolve(deps.io.cwd(), options.report);
  if (report) await writeFileAtomic(report, bugReport(lines, deps));
  const ok = lines.every(({ status }) => status !== "fail");
  out.answer({ ok, checks: lines, ...(report && { report }) }, () =>
    [describeChecks(lines, out), report && `Saved the report to ${report}.`].filter(Boolean).join("\n")
  );
  return ok ? EXIT.done : EXIT.failed;
}
