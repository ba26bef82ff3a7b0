import type { Command } from "commander";
import { examplesOf, rootExamples } from "../../src/cli/help/examples.ts";
import { SETTINGS } from "../../src/config/definitions.ts";

const EXIT_STATUS = [
  ["0", "Success."],
  ["1", "Failure. The reason and what to do about it are on standard error."],
  ["2", "The command line or a setting is invalid."],
  ["3", "Not signed in."],
  ["4", "Imgwire can't be reached."],
  ["130", "Interrupted with Ctrl-C."]
] as const;

/** A tagged paragraph: a term and its description. */
type Item = readonly [term: string, text: string];

/** The manual page of `imgwire`, generated from the program's own help. */
export function imgwirePage(program: Command): string {
  return page("imgwire", program.description(), [
    section("SYNOPSIS", [".B imgwire", ".I command", "[\\fIoption\\fR ...]"]),
    section("DESCRIPTION", [
      text(program.description()),
      ".PP",
      text("Every command can print JSON for scripts: see --json.")
    ]),
    section("COMMANDS", commandsOf(program).flatMap(commandPart)),
    settingsSection(
      "Most settings have a flag, which may come before or after the command, and an environment variable."
    ),
    section("EXIT STATUS", EXIT_STATUS.flatMap(item)),
    section("EXAMPLES", exampleLines(rootExamples(200))),
    section("SEE ALSO", [".BR imgwire\\-mcp (1)"])
  ]);
}

/** The manual page of `imgwire-mcp`. */
export function serverPage(program: Command): string {
  const description = program.commands.find((command) => command.name() === "mcp")!.description();
  return page("imgwire-mcp", description.replace(/ \(.*/, ""), [
    section("SYNOPSIS", [
      ".B imgwire\\-mcp",
      "[\\fIoption\\fR ...]",
      ".br",
      ".B imgwire\\-mcp",
      ".I command"
    ]),
    section("DESCRIPTION", [
      text(
        "Serves the Model Context Protocol to a coding agent over standard input and output. It forwards the agent's " +
          "calls to Imgwire, signs the user in when a call needs it, and uploads and downloads local files. Agents " +
          "start it automatically once `imgwire install` has added it to their configuration."
      ),
      ".PP",
      text("With a command, it behaves like imgwire.")
    ]),
    settingsSection("Most settings have a flag and an environment variable."),
    section("SEE ALSO", [".BR imgwire (1)"])
  ]);
}

function page(name: string, description: string, sections: readonly string[][]): string {
  const what = description.replace(/\.$/, "");
  const start = [
    '.\\" Written by `npm run docs`.',
    `.TH ${escaped(name.toUpperCase())} 1`,
    ".SH NAME",
    `${escaped(name)} \\- ${escaped(what.charAt(0).toLowerCase() + what.slice(1))}`
  ];
  return `${[start, ...sections].flat().join("\n")}\n`;
}

function section(heading: string, lines: readonly string[]): string[] {
  return [`.SH "${heading}"`, ...lines];
}

function settingsSection(lead: string): string[] {
  const rows = SETTINGS.map(({ flag, value, env, describe }): Item => {
    const names = [flag && `--${[flag, value].filter(Boolean).join(" ")}`, env].filter(Boolean);
    return [names.join(", "), sentence(describe)];
  });
  const order =
    "Flags take precedence over variables, then come .imgwire.json, your config file and the defaults.";
  return section("SETTINGS", [text(`${lead} ${order}`), ...rows.flatMap(item)]);
}

function commandPart(command: Command): string[] {
  const help = command.createHelp();
  const rows = [
    ...help.visibleArguments(command).map((each): Item => [each.name(), help.argumentDescription(each)]),
    ...help.visibleOptions(command).map((each): Item => [each.flags, help.optionDescription(each)])
  ].filter(([term]) => term !== "-h, --help");
  const examples = exampleLines(examplesOf(nameOf(command).replace(/^imgwire /, ""), 200, false));
  return [
    `.SS "${escaped(nameOf(command))}${escaped(command.usage().replace(/^(?:\[options\])? ?/, " "))}"`,
    text(sentence(help.commandDescription(command))),
    ...rows.flatMap(([term, does]) => item([term, sentence(does)])),
    ...(examples.length > 0 ? [".PP", "Examples:", ...examples] : [])
  ];
}

function commandsOf(command: Command): Command[] {
  const commands = command.createHelp().visibleCommands(command);
  return commands.flatMap((each) => (each.commands.length > 0 ? commandsOf(each) : [each]));
}

function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

/** The lines with examples at the end of a help text. */
function exampleLines(help: string): string[] {
  const lines = help.split("\n").filter((line) => line.startsWith("  "));
  return lines.length === 0 ? [] : [".nf", ...lines.map(text), ".fi"];
}

function item([term, does]: Item): string[] {
  return [".TP", `.B "${escaped(term).replaceAll('"', '""')}"`, text(does)];
}

function sentence(part: string): string {
  return part.charAt(0).toUpperCase() + part.slice(1) + (/[.)]$/.test(part) ? "" : ".");
}

/** Escapes a line of text. A leading dot or apostrophe would make it a request (groff(7)). */
function text(line: string): string {
  return escaped(line).replace(/^(?=[.'])/, "\\&");
}

function escaped(line: string): string {
  return line
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(
      /[\u0080-\uffff]/g,
      (each) => `\\[u${each.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`
    );
}
