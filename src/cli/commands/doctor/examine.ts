import { resolve } from "node:path";
import { EXIT } from "../../../errors.ts";
import { writeFileAtomic } from "../../../system/write.ts";
import type { Invocation } from "../../command.ts";
import type { DoctorOptions } from "./command.ts";
import { type Output, plain } from "../../ui/output.ts";
import { spin } from "../../ui/spinner.ts";
import { ACCOUNT_CHECKS } from "./account.ts";
import { agentChecks } from "./agents.ts";
import { type Line, runChecks } from "./check.ts";
import { findingsOf } from "./findings.ts";
import { MACHINE_CHECKS } from "./machine.ts";
import { NETWORK_CHECKS } from "./network.ts";
import { reportOf } from "./report.ts";

/**
 * Makes every check and prints a line for each.
 * @returns the exit code: 1 when one has failed
 */
export async function examine({ deps, out, signal }: Invocation, options: DoctorOptions): Promise<number> {
  const checks = [...MACHINE_CHECKS, ...NETWORK_CHECKS, ...ACCOUNT_CHECKS, ...(await agentChecks(deps))];
  const done = out.interactive ? spin(deps.io.stderr, true, "Checking...") : () => undefined;
  const context = { deps, findings: findingsOf(deps, signal), signal };
  const lines = await runChecks(checks, context).finally(done);
  const report = options.report && resolve(deps.io.cwd(), options.report);
  if (report) await writeFileAtomic(report, reportOf(lines, deps));
  const ok = lines.every(({ status }) => status !== "fail");
  out.answer({ ok, checks: lines, ...(report && { report }) }, () =>
    [...lines.map((line) => describe(line, out)), summary(lines), report && `The report is in ${report}.`]
      .filter(Boolean)
      .join("\n")
  );
  return ok ? EXIT.done : EXIT.failed;
}

function describe({ status, title, message, fix }: Line, { color }: Output): string {
  const paint = { pass: color.green, warn: color.yellow, fail: color.red }[status];
  const line = `${paint(status.toUpperCase())}  ${color.bold(title)}: ${plain(message)}`;
  return fix ? `${line}\n      ${plain(fix)}` : line;
}

function summary(lines: readonly Line[]): string {
  const count = (status: Line["status"]): number => lines.filter((line) => line.status === status).length;
  const [failed, warned] = [count("fail"), count("warn")];
  if (failed + warned === 0) return "Everything is in order.";
  return `${lines.length} checks: ${failed} failed, ${warned} with a warning.`;
}
