import type { Deps } from "../../../deps.ts";
import { describeError } from "../../../errors.ts";
import { withTimeout } from "../../../system/timeout.ts";
import type { Findings } from "./findings.ts";
import type { Repair } from "./repair.ts";

/** What a check found. */
export interface Verdict {
  status: "pass" | "warn" | "fail" | "skip";
  /** One sentence. */
  message: string;
  /** What to type or do about it. */
  fix?: string | undefined;
  /** What `--fix` does about it. */
  repair?: Repair;
}

/** What checks are given. */
export interface CheckContext {
  deps: Deps;
  /** What several checks look at, found out once. */
  findings: Findings;
  /** Whether entries that a project's files bring along may be started. */
  startProjectEntries: boolean;
  signal: AbortSignal;
}

/** One thing that can be checked by itself. */
export interface Check {
  id: string;
  title: string;
  /** Ids of earlier checks without which this one says nothing. */
  needs?: readonly string[];
  /** Milliseconds after which it has failed; default 15,000. */
  timeoutMs?: number;
  /** What it throws counts as a failure. */
  run: (context: CheckContext) => Promise<Verdict> | Verdict;
}

/** A finished check. */
export interface Line extends Verdict {
  id: string;
  title: string;
}

const CHECK_TIMEOUT_MS = 15_000;

/** Runs the checks in their order. One that needs a failed check is skipped: it could only repeat it. */
export async function runChecks(checks: readonly Check[], context: CheckContext): Promise<Line[]> {
  const lines: Line[] = [];
  /** By id of a check that failed or was skipped: the title of the one that failed. */
  const failed = new Map<string, string>();
  for (const check of checks) {
    const { id, title, needs = [] } = check;
    const cause = needs.map((need) => failed.get(need)).find((found) => found !== undefined);
    const verdict = cause ? skip(cause) : await runCheck(check, context);
    if (cause) failed.set(id, cause);
    else if (verdict.status === "fail") failed.set(id, title);
    lines.push({ id, title, ...verdict });
  }
  return lines;
}

function skip(cause: string): Verdict {
  return { status: "skip", message: `Needs: ${cause}.` };
}

async function runCheck(
  { run, timeoutMs = CHECK_TIMEOUT_MS }: Check,
  context: CheckContext
): Promise<Verdict> {
  const message = `Didn't finish within ${timeoutMs / 1_000} seconds.`;
  const late: Verdict = { status: "fail", message, fix: "Try again." };
  try {
    return await withTimeout(Promise.resolve(run(context)), timeoutMs, () => late);
  } catch (error) {
    context.signal.throwIfAborted();
    return failure(error);
  }
}

/** The verdict that an error stands for. */
export function failure(error: unknown): Verdict {
  const { message, hint } = describeError(error);
  return { status: "fail", message, fix: hint };
}

export function pass(message: string): Verdict {
  return { status: "pass", message };
}
