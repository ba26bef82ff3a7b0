import { resolve } from "node:path";
import { EXIT } from "../../../errors.ts";
import { writeFileAtomic } from "../../../system/write.ts";
import type { Invocation } from "../../command.ts";
import { spin } from "../../ui/progress.ts";
import { ACCOUNT_CHECKS } from "./account.ts";
import { agentChecks } from "./agents.ts";
import { bugReport } from "./bug-report.ts";
import { type Line, runChecks } from "./check.ts";
import { COMMAND_NAME_CHECK } from "./command-name.ts";
import { findingsOf } from "./findings.ts";
import { MACHINE_CHECKS } from "./machine.ts";
import { NETWORK_CHECKS } from "./network.ts";
import { repairAll } from "./repair.ts";
import { describeChecks } from "./report.ts";
import { VERSION_CHECK } from "./version.ts";

/** The options of the diagnosis. */
export interface DoctorOptions {
  report?: string;
  fix?: true;
  startProjectEntries?: true;
}

/**
 * Runs every check and prints a line for each. With `fix`, repairs come first.
 * @returns the exit code: 1 if a check has failed
 */
export async function runDoctor(invocation: Invocation, options: DoctorOptions): Promise<number> {
  const { deps, out } = invocation;
  const found = await examine(invocation, options);
  const fixed = options.fix ? await repairAll(found, invocation) : [];
  const lines = fixed.length > 0 ? await examine(invocation, options) : found;
  const report = options.report && resolve(deps.io.cwd(), options.report);
  if (report) await writeFileAtomic(report, bugReport(lines, deps));
  const ok = lines.every(({ status }) => status !== "fail");
  const checks = lines.map(({ repair, ...line }) => ({ ...line, ...(repair && { fixable: true }) }));
  out.answer({ ok, checks, ...(options.fix && { fixed }), ...(report && { report }) }, () =>
    [describeChecks(lines, out), report && `Saved the report to ${report}.`].filter(Boolean).join("\n")
  );
  return ok ? EXIT.done : EXIT.failed;
}

async function examine({ deps, out, signal }: Invocation, options: DoctorOptions): Promise<Line[]> {
  const checks = [
    VERSION_CHECK,
    COMMAND_NAME_CHECK,
    ...MACHINE_CHECKS,
    ...NETWORK_CHECKS,
    ...ACCOUNT_CHECKS,
    ...(await agentChecks(deps))
  ];
  const done = out.interactive ? spin(deps.io.stderr, true, "Checking…", signal) : () => undefined;
  const findings = findingsOf(deps, signal);
  const startProjectEntries = options.startProjectEntries === true;
  return runChecks(checks, { deps, findings, startProjectEntries, signal }).finally(done);
}
