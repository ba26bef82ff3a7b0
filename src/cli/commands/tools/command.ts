import type { Register } from "../../command.ts";
import type { ToolsOptions } from "./run.ts";

/** `imgwire tools`. */
export const registerTools: Register = (program, run) => {
  program
    .command("tools")
    .description("list the tools as an agent sees them")
    .option("--cost", "estimate the tokens that each tool costs a model")
    .action(
      run(async (invocation, options: ToolsOptions) =>
        (await import("./run.ts")).runTools(invocation, options)
      )
    );
};
