import type { Register } from "../../command.ts";
import type { LogoutOptions } from "./run.ts";

/** `imgwire logout`. */
export const registerLogout: Register = (program, run) => {
  program
    .command("logout")
    .description("sign out of this machine and revoke its access")
    .option("--all", "sign out of every Imgwire server and profile on this machine")
    .action(
      run(async (invocation, options: LogoutOptions) => {
        const { runLogout } = await import("./run.ts");
        return runLogout(invocation, options);
      })
    );
};
