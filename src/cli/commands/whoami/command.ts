import type { Register } from "../../command.ts";

/** `imgwire whoami`. */
export const registerWhoami: Register = (program, run) => {
  program
    .command("whoami")
    .description("show the signed-in account, organization, Environment and where the sign-in is stored")
    .option("--all", "show every profile")
    .action(
      run(async (invocation, { all }: { all?: boolean }) => {
        if (all) return (await import("./all.ts")).runWhoamiAll(invocation);
        return (await import("./run.ts")).runWhoami(invocation);
      })
    );
};
