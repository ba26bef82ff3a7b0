import { escapeControls, stripControls } from "../../log.ts";
import type { Io } from "../../system/io.ts";
import { namedAs } from "./naming.ts";
import { checkFields } from "./fields.ts";
import { selected, type Selection } from "./select.ts";
import { wrapColumnsOf } from "./columns.ts";
import { type Reader, readerOf } from "./reader.ts";
import { wrappedLines } from "./wrap.ts";

/** How to print a command's answer. */
export interface OutputOptions {
  /** `--json` was given. */
  json: boolean;
  /** `--quiet` was given. */
  quiet: boolean;
  /** Which parts of the answer to print as JSON. */
  selection?: Selection;
  /** The name people start this program by; see {@link programName}. */
  program?: string;
}

/** The output of a command: its answer goes to stdout, everything else to stderr. */
export interface Output extends Reader, OutputOptions {
  /** Prints the command's answer, once: the value as JSON, or the text that `human` returns. */
  answer<T>(value: T, human: (value: T) => string): void;
  /** Prints part of an answer for people to stdout before the rest is known; does nothing with `--json`. */
  print(text: string): void;
  /** Returns the answer as it was printed. */
  answered(): string;
  /**
   * Declares the fields of the answer. A command with side effects calls this first, so that an unknown field
   * in `--json` is refused before anything happens. @throws UsageError
   */
  expectFields(known: readonly string[]): void;
  /** Prints a remark for people; does nothing with `--json` or `--quiet`. */
  note(text: string): void;
}

/** Creates the output of a command. */
export function createOutput(io: Io, options: OutputOptions): Output {
  const { json, quiet, program = "imgwire" } = options;
  let answered = "";
  let known: readonly string[] = [];
  const { selection = {} } = options;
  return {
    ...readerOf(io, options),
    ...options,
    answer(value, human) {
      const text = json ? shown(selected(value, { ...selection, known })) : namedAs(program, human(value));
      if (text !== "") io.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
      answered = text;
    },
    answered: () => answered,
    expectFields(names) {
      known = names;
      if (selection.fields) checkFields(selection.fields, names);
    },
    print(text) {
      if (!json) io.stdout.write(`${namedAs(program, text)}\n`);
    },
    note(text) {
      if (!json && !quiet)
        io.stderr.write(`${wrappedLines(namedAs(program, text), wrapColumnsOf(io.stderr))}\n`);
    }
  };
}

/** JSON escapes control characters, but the output of jq and templates is plain text that needs cleaning. */
function shown(text: string): string {
  return text.startsWith("{") || text.startsWith("[") ? escapeControls(text) : stripControls(text);
}

/** Makes text from a server or a file safe to show: on one line, without control characters. */
export function plain(text: unknown): string {
  const shown = typeof text === "string" ? text : (JSON.stringify(text) ?? "");
  return stripControls(shown).replace(/\s+/g, " ");
}
