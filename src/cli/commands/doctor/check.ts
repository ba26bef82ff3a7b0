import type { Deps } from "../../../deps.ts";
import { describeError } from "../../../errors.ts";
import { withTimeout } from "../../../system/timeout.ts";
import type { Findings } from "./findings.ts";

/** What a check came to. */
export interface Verdict {
  status: "pass" | "warn" | "fail";
  /** What was found, one sentence. */
  message: string;
  /** What to type or do about it. */
  fix?: string | undefined;
}

/** What checks are given. */
export interface CheckContext {
  deps: Deps;
  /** What several checks look at, found out once. */
  findings: Findings;
  signal: AbortSignal;
}

/** One thing that can be checked by itself. */
export interface Check {
  id: string;
  title: string;
  /** Ids of earlier checks that must not have failed for this one to mean anything. */
  needs?: readonly string[];
  /** Milliseconds after which it has failed; default 15,000. */
  limitMs?: number;
  /** What it throws counts as a failure. */
  run: (context: CheckContext) => Promise<Verdict> | Verdict;
}

/** A check that was made. */
export interface Line extends Verdict {
  id: string;
  title: string;
}

const LIMIT_MS = 15_000;

/** Makes the checks in their order. One that stands on a failed one is not made: it could only repeat it. */
export async function runChecks(checks: readonly Check[], context: CheckContext): Promise<Line[]> {
  const lines: Line[] = [];
  /** By id of a check that failed, or was not made for that reason: the title of the one that failed. */
  const broken = new Map<string, string>();
  for (const check of checks) {
    const { id, title, needs = [] } = check;
    const culprit = needs.map((need) => broken.get(need)).find((found) => found !== undefined);
    const verdict = culprit ? unmade(culprit) : await makeCheck(check, context);
    if (culprit) broken.set(id, culprit);
    else if (verdict.status === "fail") broken.set(id, title);
    lines.push({ id, title, ...verdict });
  }
  return lines;
}

function unmade(culprit: string): Verdict {
  return { status: "warn", message: `Not checked, because this failed: ${culprit}.` };
}

async function makeCheck({ run, limitMs = LIMIT_MS }: Check, context: CheckContext): Promise<Verdict> {
  const late: Verdict = {
    status: "fail",
    message: `It did not finish within ${limitMs / 1_000} seconds.`,
    fix: "Try again."
  };
  try {
    return await withTimeout(Promise.resolve(run(context)), limitMs, () => late);
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
