import type { Register } from "../../command.ts";

/** `imgwire whoami`. */
export const registerWhoami: Register = (program, run) => {
  program
    .command("whoami")
    .description("show the signed-in account, organization, Environment and where the sign-in is stored")
    .action(run(async (invocation) => (await import("./run.ts")).runWhoami(invocation)));
};
