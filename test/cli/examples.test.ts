import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import type { Runner } from "../../src/cli/command.ts";
import { createProgram } from "../../src/cli/program.ts";

/**
 * The words of a command line of ours within a line of shell; pipes and quotes are as simple as in the
 * examples.
 */
function commandLines(line: string): string[][] {
  return line
    .split(/\s*(?:[|>]|<\(?)\s*/)
    .filter((part) => /(?:^|\s)imgwire /.test(part))
    .map((part) => {
      const words = [...part.replace(/\)$/, "").matchAll(/'([^']*)'|(\S+)/g)].map(
        ([, quoted, word]) => quoted ?? word!
      );
      return words.slice(words.indexOf("imgwire") + 1);
    });
}

function examplesIn(help: string): string[] {
  const [, examples = ""] = help.split("\nExamples:\n");
  return examples
    .split("\n")
    .filter((line) => /^ {2}\S/.test(line))
    .map((line) => line.trim().split(/ {2,}/)[0]!);
}

function leaves(command: Command): Command[] {
  const { commands } = command;
  const visible = command.createHelp().visibleCommands(command);
  return commands.length === 0 ? [command] : visible.filter((each) => each.name() !== "help").flatMap(leaves);
}

/** The help text as the program prints it, what is added at its end included. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

describe("the examples", () => {
  const ran: string[] = [];
  const run = (() =>
    (...given: unknown[]) => {
      ran.push((given.at(-1) as Command).name());
      return Promise.resolve();
    }) as Runner;
  const program = createProgram("imgwire", "0.0.0", run, process);

  it.each(leaves(program).map((command) => [command.name(), command] as const))(
    "of %s are there, and are command lines that the program understands",
    async (name, command) => {
      const examples = examplesIn(helpOf(command));
      expect(examples.length).toBeGreaterThan(0);
      for (const words of examples.flatMap(commandLines)) {
        await createProgram("imgwire", "0.0.0", run, process).parseAsync(words, { from: "user" });
      }
      expect(ran).toContain(name);
    }
  );
});
