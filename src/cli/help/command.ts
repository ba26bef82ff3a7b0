import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { TOPICS } from "./topics.ts";

/** `imgwire help`. It doesn't read settings, so it works even if one is invalid. */
export function registerHelp(program: Command): void {
  program
    .command("help")
    .description("show help on a command or a topic")
    .argument("[command...]", `a command, or one of these topics: ${Object.keys(TOPICS).join(", ")}`)
    .action((names: string[]) => {
      const topic = TOPICS[names[0] ?? ""];
      const output = program.configureOutput();
      if (topic) output.writeOut?.(`${topic(output.getOutHelpWidth?.() ?? 80)}\n`);
      else commandNamed(program, names).outputHelp();
    });
}

function commandNamed(program: Command, names: readonly string[]): Command {
  let command = program;
  for (const name of names) {
    const found = command.commands.find((each) => each.name() === name && !isHidden(command, each));
    if (!found) {
      const known = command
        .createHelp()
        .visibleCommands(command)
        .map((each) => each.name());
      throw new UsageError(`There is no command "${names.join(" ")}".`, {
        hint:
          known.length > 0
            ? `Commands: ${[...known, ...(command === program ? Object.keys(TOPICS) : [])].join(", ")}.`
            : `Run \`imgwire help ${command.name()}\`.`
      });
    }
    command = found;
  }
  return command;
}

function isHidden(parent: Command, command: Command): boolean {
  return !parent.createHelp().visibleCommands(parent).includes(command);
}
