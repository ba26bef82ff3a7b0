import type { Register } from "../../command.ts";

/** `imgwire tools`. */
export const registerTools: Register = (program, run) => {
  program
    .command("tools")
    .description("list the tools as an agent sees them")
    .action(run(async (invocation) => (await import("./run.ts")).runTools(invocation)));
};
