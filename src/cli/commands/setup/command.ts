import { Option } from "commander";
import { UsageError } from "../../../errors.ts";
import type { Register } from "../../command.ts";
import { type SetupOptions, STEPS, type StepName } from "./step.ts";

/** `imgwire setup`. */
export const registerSetup: Register = (program, run) => {
  program
    .command("setup")
    .description("sign in, choose an Environment and add Imgwire to your agents, in one go")
    .option("-y, --yes", "don't ask: use your default Environment, all agents found here, and the skill")
    .addOption(
      new Option("--skip <steps>", `skip steps: ${STEPS.join(", ")} (comma-separated)`).argParser(steps)
    )
    .action(
      run(async (invocation, options: SetupOptions) =>
        (await import("./run.ts")).runSetup(invocation, options)
      )
    );
};

function steps(text: string): StepName[] {
  return text.split(",").map((given) => {
    const name = STEPS.find((step) => step === given.trim());
    if (name) return name;
    throw new UsageError(`--skip takes ${STEPS.join(", ")}, not "${given.trim()}".`);
  });
}
