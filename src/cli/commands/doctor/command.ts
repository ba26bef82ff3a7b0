import type { Invocation, Register } from "../../command.ts";

/** How to run the checks. */
export interface DoctorOptions {
  report?: string;
}

/** `imgwire doctor`. */
export const registerDoctor: Register = (program, run) => {
  program
    .command("doctor")
    .description("check everything and say what to do about what fails")
    .option("--report <file>", "also write a report without secrets, to attach to an issue")
    .action(
      run(async (invocation: Invocation, options: DoctorOptions) => {
        const { examine } = await import("./examine.ts");
        return examine(invocation, options);
      })
    );
};
