import type { Register } from "../../command.ts";

/** `imgwire keys`. */
export const registerKeys: Register = (program, run) => {
  const keys = program
    .command("keys")
    .description("create Client Keys, and see where to create Server API Keys")
    .helpCommand(false);
  keys
    .command("create")
    .description("create a publishable Client Key for a frontend SDK")
    .argument("<name>", "name of the key")
    .option("--allow-unsigned-upload", "allow uploads without a signature")
    .action(
      run(async (invocation, options: { allowUnsignedUpload?: true }, name: string) =>
        (await import("./run.ts")).runCreate(invocation, options, name)
      )
    );
  keys
    .command("server")
    .description("print the dashboard link where you create Server API Keys")
    .action(run(async (invocation) => (await import("./run.ts")).runServer(invocation)));
};
