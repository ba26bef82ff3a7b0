import pc from "picocolors";
import { describeError, type ErrorReport } from "../../errors.ts";
import { escapeControls, redact, stripControls } from "../../log.ts";
import type { Io } from "../../system/io.ts";

/** Where a command's answer and its remarks go: the answer to stdout, everything else to stderr. */
export interface Output {
  /** Whether `--json` was given. */
  readonly json: boolean;
  /** Whether a person watches stderr, so that a spinner or a progress bar makes sense. */
  readonly interactive: boolean;
  readonly color: ReturnType<typeof pc.createColors>;
  /** Prints the command's answer, once: the value itself as JSON, or what `human` makes of it. */
  answer<T>(value: T, human: (value: T) => string): void;
  /** Prints a remark for people; nothing with `--json`. */
  note(text: string): void;
}

/** Creates the output of one command. Text of foreign origin loses its control characters on the way out. */
export function createOutput(io: Io, json: boolean): Output {
  const color = pc.createColors(wantsColor(io, json));
  return {
    json,
    interactive: !json && io.stderr.isTTY === true && io.env["TERM"] !== "dumb",
    color,
    answer(value, human) {
      const text = json ? escapeControls(JSON.stringify(value, undefined, 2)) : human(value);
      if (text !== "") io.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    note(text) {
      if (!json) io.stderr.write(`${text}\n`);
    }
  };
}

/** Colour by the usual rules: `NO_COLOR`, `FORCE_COLOR`, a terminal that is not dumb. */
function wantsColor(io: Io, json: boolean): boolean {
  if (json || io.env["NO_COLOR"]) return false;
  if (io.env["FORCE_COLOR"] && io.env["FORCE_COLOR"] !== "0") return true;
  return io.stdout.isTTY === true && io.env["TERM"] !== "dumb";
}

/** Makes a text that came from a server or a file safe to show: one line, no control characters. */
export function plain(text: unknown): string {
  const shown = typeof text === "string" ? text : (JSON.stringify(text) ?? "");
  return stripControls(shown).replace(/\s+/g, " ");
}

/** Prints what went wrong: as the JSON error document on stdout, or for people on stderr. */
export function printError(io: Io, json: boolean, error: unknown): void {
  const { code, message, hint } = shown(error);
  if (json) {
    io.stdout.write(`${JSON.stringify({ error: { code, message, ...(hint && { hint }) } }, undefined, 2)}\n`);
    return;
  }
  io.stderr.write(`imgwire: ${message}\n${hint ? `  ${hint}\n` : ""}`);
}

/** What may be shown of an error: it can quote what a server said. */
function shown(error: unknown): ErrorReport {
  const clean = (text: string): string => stripControls(redact(text));
  const { code, message, hint } = describeError(error);
  const fallback = code === "internal" ? "Run it again with --log-level debug and report it." : undefined;
  return { code, message: clean(message), hint: hint ? clean(hint) : fallback };
}
