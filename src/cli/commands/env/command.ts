import { PROJECT_FILE } from "../../../config/project.ts";
import type { Register } from "../../command.ts";
import type { ScopeOptions } from "./run.ts";

/** `imgwire env`. */
export const registerEnv: Register = (program, run) => {
  const env = program.command("env").description("choose the Environment to work in").helpCommand(false);
  env
    .command("list")
    .description("list your Environments (* marks the current one)")
    .action(run(async (invocation) => (await import("./run.ts")).runList(invocation)));
  env
    .command("use")
    .description("choose the Environment to work in, for you or for a project folder")
    .argument("<name-or-id>", "name or id of the Environment")
    .option("--project", `for this folder and its subfolders (writes ${PROJECT_FILE})`)
    .action(
      run(async (invocation, options: ScopeOptions, wanted: string) =>
        (await import("./run.ts")).runUse(invocation, options, wanted)
      )
    );
  env
    .command("current")
    .description("show the current Environment and where it was set")
    .action(run(async (invocation) => (await import("./run.ts")).runCurrent(invocation)));
  env
    .command("clear")
    .description("forget your choice and use the connection's default")
    .option("--project", `remove the one in this folder's ${PROJECT_FILE}`)
    .action(
      run(async (invocation, options: ScopeOptions) =>
        (await import("./run.ts")).runClear(invocation, options)
      )
    );
};
