import type { ErrorReport } from "../../../errors.ts";

/** The steps in order. */
export const STEPS = ["login", "environment", "agents", "skill"] as const;
export type StepName = (typeof STEPS)[number];

/** The options of `imgwire setup`. */
export interface SetupOptions {
  yes?: true;
  skip?: StepName[];
}

/** The result of a step, in the form of `--json`. */
export interface StepResult {
  step: StepName;
  /** `already` means that there was nothing to do. */
  state: "done" | "already" | "skipped" | "failed";
  /** For people. */
  message: string;
  error?: ErrorReport;
  /** The answer of the command behind the step. */
  details?: unknown;
}
