import type { Register } from "../../command.ts";

/** `imgwire roots`. */
export const registerRoots: Register = (program, run) => {
  const roots = program
    .command("roots")
    .description("manage the folders that uploads may always read from")
    .helpCommand(false);
  roots
    .command("list")
    .description("list the folders you always allow uploads from")
    .action(run(async (invocation) => (await import("./run.ts")).runList(invocation)));
  roots
    .command("add")
    .description("always allow uploads from a folder")
    .argument("<folder>", "the folder")
    .action(
      run(async (invocation, _options, folder: string) =>
        (await import("./run.ts")).runAdd(invocation, folder)
      )
    );
  roots
    .command("remove")
    .description("ask again before uploading from a folder")
    .argument("<folder>", "the folder")
    .action(
      run(async (invocation, _options, folder: string) =>
        (await import("./run.ts")).runRemove(invocation, folder)
      )
    );
};
