import { Option } from "commander";
import { SCOPES } from "../../../agents/agent.ts";
import type { Register } from "../../command.ts";
import type { InstallOptions } from "./run.ts";

/** `imgwire install`. */
export const registerInstall: Register = (program, run) => {
  program
    .command("install")
    .description("add Imgwire to your agents' configuration, or update it")
    .argument("[agent...]", "agent names; see --list")
    .option("--all", "every agent found on this machine")
    .addOption(scope())
    .option("--remote", "connect agents straight to the hosted URL instead of the local server")
    .option("--approve-reads", "let read-only tools run without asking, in agents that support it")
    .option("--skill", "also add the Imgwire skill, in agents that support skills")
    .option("--dry-run", "preview the change")
    .option("--print", "print the entry and change nothing")
    .option("--link", "print the agent's one-click link and change nothing")
    .option(
      "--list",
      "list all agents with their configuration file, what they run and whether they have the skill"
    )
    .action(
      run(async (invocation, options: InstallOptions, agents: string[]) =>
        (await import("./run.ts")).install(invocation, options, agents)
      )
    );
};

/** `imgwire uninstall`. */
export const registerUninstall: Register = (program, run) => {
  program
    .command("uninstall")
    .description(
      "remove Imgwire and its skill from your agents; files you haven't touched are restored exactly"
    )
    .argument("[agent...]", "agent names")
    .option("--all", "every agent that has it")
    .addOption(scope())
    .option("--dry-run", "preview the change")
    .action(
      run(async (invocation, options: InstallOptions, agents: string[]) =>
        (await import("./run.ts")).uninstall(invocation, options, agents)
      )
    );
};

function scope(): Option {
  return new Option("--scope <scope>", "for you on this machine, or for everyone in this project folder")
    .choices(SCOPES)
    .default("user");
}
