/**
 * Generates parts of the documentation from the program: its commands, settings and agents, what it is tested
 * against, the schema of the project file and the manual pages.
 *
 *     npm run docs              writes parts of README.md and docs/, and man/
 *     npm run docs -- --check   fails if they are out of date
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { format } from "prettier";
import { projectFileSchema } from "../src/cli/commands/publish/defaults.ts";
import { createProgram } from "../src/cli/program.ts";
import { SETTINGS } from "../src/config/definitions.ts";
import { agents, buttons, entries } from "./docs/agents.ts";
import { corpora, counterparts } from "./docs/counterparts.ts";
import { imgwirePage, serverPage } from "./docs/man.ts";
import { markdownTable, replacePart } from "./markdown.ts";

const PAGES: Record<string, Record<string, () => string>> = {
  "docs/counterparts.md": { corpora },
  "README.md": { buttons, entries, counterparts },
  "docs/commands.md": { commands },
  "docs/settings.md": { settings },
  "docs/agents.md": { agents }
};

const program = createProgram("imgwire", "0.0.0", () => () => Promise.resolve(), process);

for (const [name, parts] of Object.entries(PAGES)) {
  const before = readFileSync(pathOf(name), "utf8");
  const filled = Object.entries(parts).reduce(
    (text, [part, make]) => replacePart(text, part, make()),
    before
  );
  put(name, await format(filled, { parser: "markdown", printWidth: 110 }));
}
const schema = JSON.stringify(projectFileSchema());
put("docs/imgwire.schema.json", await format(schema, { parser: "json", printWidth: 110 }));
put("man/imgwire.1", imgwirePage(program));
put("man/imgwire-mcp.1", serverPage(program));

/** Writes a page, or with `--check` reports that it is out of date. */
function put(name: string, page: string): void {
  const path = pathOf(name);
  if (!process.argv.includes("--check")) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, page);
  } else if (!existsSync(path) || readFileSync(path, "utf8") !== page) {
    console.error(`${name} is out of date. Run \`npm run docs\`.`);
    process.exitCode = 1;
  }
}

function pathOf(name: string): string {
  return resolve(import.meta.dirname, "..", name);
}

function commands(): string {
  const rows = leaves(program).map((command) => [`\`${usage(command)}\``, cell(command.description())]);
  return markdownTable(["command", "does"], rows);
}

function settings(): string {
  const rows = SETTINGS.map(({ env, flag, list, describe }) => [
    env ? `\`${env}\`` : "none",
    flag ? `\`--${flag}\`${list ? " (repeatable)" : ""}` : "none",
    cell(describe)
  ]);
  return markdownTable(["environment variable", "flag", "meaning"], rows);
}

function leaves(command: Command): Command[] {
  const commands = command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help");
  return commands.length === 0 ? [command] : commands.flatMap(leaves);
}

function usage(command: Command): string {
  const names: string[] = [];
  for (let each: Command | null = command; each; each = each.parent) names.unshift(each.name());
  const args = command.registeredArguments.map((argument) => {
    const name = argument.name() + (argument.variadic ? "..." : "");
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [...names, ...args].join(" ");
}

function cell(text: string): string {
  return text.replace(/\|/g, "\\|");
}
