import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import type { Runner } from "../../src/cli/command.ts";
import { createProgram } from "../../src/cli/program.ts";
import { ROOT } from "../support/program.ts";

/**
 * Splits a line of shell into the words of each `imgwire` command in it. Handles only the simple pipes and
 * quotes that the examples use.
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

/** The help text as the program prints it, including the text added at its end. */
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
    "has examples for %s that the program accepts",
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

/** The `imgwire` command lines of a page, both in code blocks and inline. */
function linesIn(page: string): string[] {
  // The table of commands is generated from the program.
  const text = readFileSync(join(ROOT, page), "utf8").replace(
    /^<!-- commands -->[^]*<!-- \/commands -->$/m,
    ""
  );
  const blocks = [...text.matchAll(/^```(?:sh|bash|yaml)?\n([^]*?)^```$/gm)].flatMap(([, block]) =>
    block!.split("\n")
  );
  const inline = [...text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code]) => code!);
  return [...blocks, ...inline]
    .map((line) =>
      line
        .replace(/\s+#.*$/, "")
        .replace(/<([\w-]+)(\.\.\.)?>/g, "$1")
        .replace(/\bnpx -y imgwire-mcp(@latest)?(?= \w)/, "imgwire")
    )
    .filter((line) => /^(?:[A-Z_]+=\S+ |.*\| )?imgwire \w/.test(line) && !/ command\b/.test(line));
}

describe("the command lines in the documentation", () => {
  const silent = {
    stdout: { write: () => true },
    stderr: { write: () => true }
  } as unknown as NodeJS.Process;
  const nothing = (() => () => Promise.resolve()) as Runner;

  it.each(["README.md", "SECURITY.md", "docs/commands.md", "docs/publish.md", "skills/imgwire/SKILL.md"])(
    "accepts every command line in %s",
    async (page) => {
      const lines = linesIn(page);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        for (const words of commandLines(line)) {
          const program = createProgram("imgwire", "0.0.0", nothing, silent);
          const failure = await program.parseAsync(words, { from: "user" }).then(
            () => undefined,
            (error: { code?: string }) => error.code
          );
          // A sentence may name a command without its arguments.
          expect([undefined, "commander.missingArgument"], words.join(" ")).toContain(failure);
        }
      }
    }
  );
});
