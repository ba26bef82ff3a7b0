import { inLines } from "../../../errors.ts";
import type { Output } from "../../ui/output.ts";
import { wrapped, wrappedLines } from "../../ui/wrap.ts";
import type { StepResult } from "./step.ts";

/** Describes the result of a step, on several lines if it did several things. */
export function describeStep({ state, message, error }: StepResult, { color, columns }: Output): string {
  const signs = {
    done: color.green("✓"),
    already: color.green("✓"),
    skipped: color.dim("-"),
    failed: color.red("✗")
  };
  const lines = inLines({ message, hint: error?.hint }).split("\n");
  return lines
    .map((line) =>
      line.startsWith(" ")
        ? wrappedLines(`  ${line}`, columns)
        : `${signs[state]} ${wrapped(line, columns, 2)}`
    )
    .join("\n");
}

/** Describes what to do next. */
export function describeEnd(results: readonly StepResult[], { columns }: Output): string {
  const state = (step: StepResult["step"]): string | undefined =>
    results.find((result) => result.step === step)?.state;
  const isSignedIn = ["done", "already"].includes(state("login") ?? "");
  const next = isSignedIn ? "imgwire upload <image>" : "imgwire login";
  const restart =
    state("agents") === "done"
      ? `${wrapped("Restart your agents, then ask one of them to upload an image.", columns)}\n`
      : "";
  return `\n${restart}Next: ${next}`;
}
