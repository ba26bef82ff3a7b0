import type { FileFacts } from "../../transfer/inspect.ts";
import type { Progress } from "../hosted.ts";

const STEPS = 5;

/**
 * Progress of one file in bytes: a few notifications, since each costs the agent as much as it tells, and never
 * one that goes back, though an attempt may start again.
 */
export function byteProgress(report: (progress: Progress) => void): (sent: number, file: FileFacts) => void {
  let reported = 0;
  return (sent, { size, fileName }) => {
    if (sent < size && sent - reported < size / STEPS) return;
    if (sent <= reported) return;
    reported = sent;
    report({ progress: sent, total: size, message: `Sending ${fileName}` });
  };
}
