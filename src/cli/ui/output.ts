import { escapeControls, stripControls } from "../../log.ts";
import type { Io } from "../../system/io.ts";
import { namedAs } from "./naming.ts";
import { selected, type Selection } from "./select.ts";
import { columnsOf, type Reader, readerOf } from "./reader.ts";
import { wrappedLines } from "./wrap.ts";

/** How a command's answer is printed. */
export interface OutputOptions {
  /** `--json` was given. */
  json: boolean;
  /** `--quiet` was given. */
  quiet: boolean;
  /** What of the answer is printed as JSON. */
  selection?: Selection;
  /** How people start this program; see {@link programName}. */
  program?: string;
}

/** Where a command's answer and its remarks go: the answer to stdout, everything else to stderr. */
export interface Output extends Reader, OutputOptions {
  /** Prints the command's answer, once: the value itself as JSON, or what `human` makes of it. */
  answer<T>(value: T, human: (value: T) => string): void;
  /** Prints part of an answer for people on stdout, before the whole is known; nothing with `--json`. */
  print(text: string): void;
  /** What the answer was printed as. */
  answered(): string;
  /** Prints a remark for people; nothing with `--json` or `--quiet`. */
  note(text: string): void;
}

/** Creates the output of one command. */
export function createOutput(io: Io, options: OutputOptions): Output {
  const { json, quiet, program = "imgwire" } = options;
  let answered = "";
  return {
    ...readerOf(io, options),
    ...options,
    answer(value, human) {
      const text = json ? shown(selected(value, options.selection ?? {})) : namedAs(program, human(value));
      if (text !== "") io.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
      answered = text;
    },
    answered: () => answered,
    print(text) {
      if (!json) io.stdout.write(`${namedAs(program, text)}\n`);
    },
    note(text) {
      if (!json && !quiet) io.stderr.write(`${wrappedLines(namedAs(program, text), columnsOf(io.stderr))}\n`);
    }
  };
}

/**
 * JSON keeps control characters as escapes; what jq and templates make of it is text for people or programs.
 */
function shown(text: string): string {
  return text.startsWith("{") || text.startsWith("[") ? escapeControls(text) : stripControls(text);
}

/** Makes text that came from a server or a file safe to show: one line, no control characters. */
export function plain(text: unknown): string {
  const shown = typeof text === "string" ? text : (JSON.stringify(text) ?? "");
  return stripControls(shown).replace(/\s+/g, " ");
}
