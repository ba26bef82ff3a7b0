import type { Register } from "../../command.ts";
import type { DoctorOptions } from "./run.ts";

/** `imgwire doctor`. */
export const registerDoctor: Register = (program, run) => {
  program
    .command("doctor")
    .description("diagnose the installation and suggest fixes")
    .option("--fix", "repair what is safe to repair, and ask about the rest")
    .option("--report <file>", "also save the result, without secrets, for a bug report")
    .option("--start-project-entries", "also start MCP entries found in this project's files")
    .action(
      run(async (invocation, options: DoctorOptions) => {
        const { runDoctor } = await import("./run.ts");
        return runDoctor(invocation, options);
      })
    );
};
