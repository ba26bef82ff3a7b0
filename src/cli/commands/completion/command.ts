import { Argument } from "commander";
import type { Invocation, Register } from "../../command.ts";
import { scriptFor, type Shell, SHELLS } from "./scripts.ts";

/** `imgwire completion`, and the hidden command that its scripts call. */
export const registerCompletion: Register = (program, run) => {
  program
    .command("completion")
    .description("print a completion script for your shell, or install it")
    .addArgument(
      new Argument("<shell>", "the shell, or `install` for the one you use").choices([...SHELLS, "install"])
    )
    .action(run(completion));
  program
    .command("__complete", { hidden: true })
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .argument("[word...]")
    .action(
      run(async (invocation, _options: object, shell: Shell, words: string[]) =>
        (await import("./suggest.ts")).suggest(program, invocation, shell, words)
      )
    );
};

async function completion(invocation: Invocation, _options: object, shell: Shell | "install"): Promise<void> {
  if (shell === "install") {
    const { installCompletion } = await import("./install.ts");
    return installCompletion(invocation);
  }
  const script = scriptFor(shell);
  invocation.out.answer({ shell, script }, () => script);
}
