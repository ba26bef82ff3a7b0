import type { Output } from "../../ui/output.ts";
import { wrapped } from "../../ui/wrap.ts";
import type { StepResult } from "./step.ts";

/** What became of a step; several lines where it did several things. */
export function describeStep({ state, message, error }: StepResult, { color }: Output): string {
  const signs = {
    done: color.green("✓"),
    already: color.green("✓"),
    skipped: color.dim("-"),
    failed: color.red("✗")
  };
  const hint = error?.hint ? `\n    ${error.hint}` : "";
  const [first = "", ...more] = message.split("\n");
  const rest = more.map((line) => (line.startsWith(" ") ? `\n  ${line}` : `\n${signs[state]} ${line}`));
  return `${signs[state]} ${first}${rest.join("")}${hint}`;
}

/** What to do next. */
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
