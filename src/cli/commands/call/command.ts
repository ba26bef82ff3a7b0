import { Option } from "commander";
import type { Register } from "../../command.ts";
import type { CallOptions } from "./run.ts";

/** `imgwire call`. */
export const registerCall: Register = (program, run) => {
  program
    .command("call")
    .description("call any tool as an agent would")
    .argument("<tool>", "the tool's name")
    .addOption(new Option("--args <json>", "the arguments: a JSON object, @file, or - for stdin"))
    .action(
      run(async (invocation, options: CallOptions, name: string) => {
        const { runCall } = await import("./run.ts");
        return runCall(invocation, options, name);
      })
    );
};
