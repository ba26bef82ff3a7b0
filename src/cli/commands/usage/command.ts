import type { Register } from "../../command.ts";

/** `imgwire usage`. */
export const registerUsage: Register = (program, run) => {
  program
    .command("usage")
    .description("show usage against your plan's limits")
    .action(run(async (invocation) => (await import("./run.ts")).runUsage(invocation)));
};
