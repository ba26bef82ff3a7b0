import type { ErrorReport } from "../../../errors.ts";

/** The steps, in their order. */
export const STEPS = ["login", "environment", "agents", "skill"] as const;
export type StepName = (typeof STEPS)[number];

/** How to set up. */
export interface SetupOptions {
  yes?: true;
  skip?: StepName[];
}

/** What became of a step, as `--json` shows it. */
export interface StepResult {
  step: StepName;
  /** `already` where there was nothing to do. */
  state: "done" | "already" | "skipped" | "failed";
  /** For people. */
  message: string;
  error?: ErrorReport;
  /** What the command of the step answers. */
  details?: unknown;
}
