import type { Argument, Command, Option } from "commander";
import { SETTINGS } from "../../../config/definitions.ts";

/** A word that the shell can insert, and the description to show with it. */
export interface Candidate {
  value: string;
  describe: string;
}

/** Sources of names that aren't part of the program's definition. */
export interface Names {
  environments: () => readonly Candidate[] | Promise<readonly Candidate[]>;
  tools: () => readonly Candidate[] | Promise<readonly Candidate[]>;
  agents: () => readonly Candidate[] | Promise<readonly Candidate[]>;
}

/** Candidates for the unfinished word, or a request to complete paths, which the shell does itself. */
export type Completion = { candidates: readonly Candidate[] } | { paths: true };

/** The kind of value that a placeholder in the program's definition stands for. */
const KINDS: Readonly<Record<string, keyof Names | "paths">> = {
  "id-or-name": "environments",
  "name-or-id": "environments",
  tool: "tools",
  agent: "agents",
  path: "paths",
  file: "paths",
  folder: "paths",
  document: "paths"
};

/**
 * Completes a command line from the program's definition.
 * @param words the words after the program's name; the last one is unfinished
 */
export async function complete(
  program: Command,
  words: readonly string[],
  names: Names
): Promise<Completion> {
  const typed = words.at(-1) ?? "";
  const place = placeOf(program, words.slice(0, -1));
  if (place.option) return filtered(typed, await valuesOf(place.option, names));
  if (!place.operandsOnly && typed.startsWith("-")) return completeOption(place, typed, names);
  if (place.command.commands.length > 0) {
    return filtered(typed, place.operands === 0 ? commandsOf(place.command) : []);
  }
  const { registeredArguments: args } = place.command;
  const argument = args[place.operands] ?? (args.at(-1)?.variadic ? args.at(-1) : undefined);
  return argument ? filtered(typed, await valuesOf(argument, names)) : { candidates: [] };
}

/** Completes the name of an option, or its value in `--name=value`. */
async function completeOption(place: Place, typed: string, names: Names): Promise<Completion> {
  const [flag = "", ...rest] = typed.split("=");
  if (!flag.startsWith("--") || rest.length === 0) return filtered(typed, optionsOf(place));
  return inOneWord(flag, rest.join("="), findOption(place.command, flag), names);
}

/** The position of the unfinished word in the program's grammar. */
interface Place {
  command: Command;
  /** The option that expects a value next. */
  option: Option | undefined;
  /** The options given so far. */
  given: readonly Option[];
  operands: number;
  /** After `--`. */
  operandsOnly: boolean;
}

function placeOf(program: Command, words: readonly string[]): Place {
  const start = { command: program, option: undefined, given: [], operands: 0, operandsOnly: false };
  return words.reduce(after, start as Place);
}

/** Returns the position after one more word. */
function after(place: Place, word: string): Place {
  const { command, operands } = place;
  if (place.option) return { ...place, option: undefined };
  if (word === "--") return { ...place, operandsOnly: true };
  if (place.operandsOnly) return { ...place, operands: operands + 1 };
  const found = findOption(command, word.split("=")[0] ?? "");
  if (found) {
    const option = takesValue(found) && !word.includes("=") ? found : undefined;
    return { ...place, option, given: [...place.given, found] };
  }
  const next = operands === 0 ? command.commands.find((each) => each.name() === word) : undefined;
  return next ? { ...place, command: next } : { ...place, operands: operands + 1 };
}

function findOption(command: Command, flag: string): Option | undefined {
  return optionsFor(command).find(({ long, short }) => long === flag || short === flag);
}

/** A command's own options and the program's, which may come anywhere. */
function optionsFor(command: Command): readonly Option[] {
  let program = command;
  while (program.parent) program = program.parent;
  const own = command.createHelp().visibleOptions(command);
  return [...own, ...program.options.filter((option) => option.hidden && !own.includes(option))];
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function optionsOf({ command, given }: Place): Candidate[] {
  const repeatable = (option: Option): boolean => takesValue(option) && option.parseArg !== undefined;
  return optionsFor(command)
    .filter((option) => !given.includes(option) || repeatable(option))
    .map((option) => ({ value: option.long ?? option.short ?? "", describe: option.description }));
}

function commandsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help")
    .map((each) => ({ value: each.name(), describe: each.description() }));
}

type Values = readonly Candidate[] | "paths";

async function valuesOf(of: Option | Argument, names: Names): Promise<Values> {
  const setting = "long" in of ? SETTINGS.find(({ flag }) => `--${flag}` === of.long) : undefined;
  const choices = of.argChoices ?? setting?.choices;
  if (choices) return choices.map((value) => ({ value, describe: "" }));
  const placeholder = "long" in of ? of.flags.replace(/^[^<[]*[<[]|[\]>]$/g, "") : of.name();
  const kind = KINDS[placeholder.replace(/\.\.\.$/, "")];
  if (kind === undefined || kind === "paths") return kind ?? [];
  return names[kind]();
}

function filtered(typed: string, values: Values): Completion {
  if (values === "paths") return { paths: true };
  return { candidates: values.filter(({ value }) => value.startsWith(typed)) };
}

/** Completes the value in `--flag=value` and repeats the flag, because the shell replaces the whole word. */
async function inOneWord(
  flag: string,
  typed: string,
  option: Option | undefined,
  names: Names
): Promise<Completion> {
  const completion = filtered(typed, option ? await valuesOf(option, names) : []);
  if ("paths" in completion) return completion;
  return {
    candidates: completion.candidates.map(({ value, describe }) => ({ value: `${flag}=${value}`, describe }))
  };
}
