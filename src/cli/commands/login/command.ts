import { Option } from "commander";
import type { Register } from "../../command.ts";
import { wholeNumber } from "../../input/number.ts";
import type { LoginOptions } from "./run.ts";

const MAX_TIMEOUT_S = 3_600;

/** `imgwire login`. */
export const registerLogin: Register = (program, run) => {
  program
    .command("login")
    .description("sign in with your browser, or with a code")
    .option("--device", "show a code to enter on another device instead of opening a browser")
    .option("--issuer <url>", "authorization server to use, if there are several")
    .option("--with-token", "read an access token from stdin and store it")
    .addOption(
      new Option("--timeout <seconds>", "give up after this many seconds (default 600)").argParser(
        wholeNumber("--timeout", 1, MAX_TIMEOUT_S)
      )
    )
    .action(
      run(async (invocation, options: LoginOptions) => {
        const { runLogin } = await import("./run.ts");
        return runLogin(invocation, options);
      })
    );
};
