import type { Deps } from "../../../deps.ts";
import { describeError } from "../../../errors.ts";
import { withTimeout } from "../../../system/timeout.ts";
import type { Findings } from "./findings.ts";
import type { Repair } from "./repair.ts";

/** The result of a check. */
export interface CheckResult {
  status: "pass" | "warn" | "fail" | "skip";
  /** One sentence. */
  message: string;
  /** What the user should type or do. */
  fix?: string | undefined;
  /** What `--fix` does about it. */
  repair?: Repair;
}

/** The context of a check. */
export interface CheckContext {
  deps: Deps;
  /** Results that several checks share. */
  findings: Findings;
  /** Whether to start entries from a project's files. */
  startProjectEntries: boolean;
  signal: AbortSignal;
}

/** One check. */
export interface Check {
  id: string;
  title: string;
  /** The ids of earlier checks that must succeed for this one to be meaningful. */
  needs?: readonly string[];
  /** The timeout in milliseconds; 15,000 by default. */
  timeoutMs?: number;
  /** Anything it throws counts as a failure. */
  run: (context: CheckContext) => Promise<CheckResult> | CheckResult;
}

/** A completed check. */
export interface Line extends CheckResult {
  id: string;
  title: string;
}

const CHECK_TIMEOUT_MS = 15_000;

/**
 * Runs the checks in order. A check that depends on a failed one is skipped, because it would only report the
 * same problem.
 */
export async function runChecks(checks: readonly Check[], context: CheckContext): Promise<Line[]> {
  const lines: Line[] = [];
  /** Maps the id of each failed or skipped check to the title of the failure behind it. */
  const failed = new Map<string, string>();
  for (const check of checks) {
    const { id, title, needs = [] } = check;
    const cause = needs.map((need) => failed.get(need)).find((found) => found !== undefined);
    const result = cause ? skip(cause) : await runCheck(check, context);
    if (cause) failed.set(id, cause);
    else if (result.status === "fail") failed.set(id, title);
    lines.push({ id, title, ...result });
  }
  return lines;
}

function skip(cause: string): CheckResult {
  return { status: "skip", message: `Needs: ${cause}.` };
}

async function runCheck(
  { run, timeoutMs = CHECK_TIMEOUT_MS }: Check,
  context: CheckContext
): Promise<CheckResult> {
  const message = `Didn't finish within ${timeoutMs / 1_000} seconds.`;
  const late: CheckResult = { status: "fail", message, fix: "Try again." };
  try {
    return await withTimeout(Promise.resolve(run(context)), timeoutMs, () => late);
  } catch (error) {
    context.signal.throwIfAborted();
    return failure(error);
  }
}

/** Converts an error into a result. */
export function failure(error: unknown): CheckResult {
  const { message, hint } = describeError(error);
  return { status: "fail", message, fix: hint };
}

export function pass(message: string): CheckResult {
  return { status: "pass", message };
}
