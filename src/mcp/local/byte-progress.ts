import type { Progress } from "../calls/hosted-call.ts";

const STEPS = 5;

/**
 * Progress of one transfer in bytes: a few notifications, since each costs the agent as much as it tells, and
 * never one that goes back, though an attempt may start again.
 */
export function byteProgress(
  report: (progress: Progress) => void
): (done: number, total: number, message: string) => void {
  let reported = 0;
  return (done, total, message) => {
    if (done <= reported || (done < total && done - reported < total / STEPS)) return;
    reported = done;
    report({ progress: done, total, message });
  };
}
