import { describeError, type ErrorReport, inLines, InterruptedError } from "../../errors.ts";
import { redact, stripControls } from "../../log.ts";
import { namedAs, programName } from "./naming.ts";
import type { Io } from "../../system/io.ts";
import { wrapColumnsOf } from "./columns.ts";
import { wrappedLines } from "./wrap.ts";

/**
 * Prints an error: as a JSON document on stdout, or for people on stderr.
 * @param bin the name of the program that was started
 */
export function printError(io: Io, bin: string, json: boolean, error: unknown): void {
  const program = programName(bin, io);
  const named = (text: string): string => namedAs(program, text);
  const { code, message, hint } = shownError(error);
  if (json) {
    io.stdout.write(
      `${JSON.stringify({ error: { code, message, ...(hint && { hint: named(hint) }) } }, undefined, 2)}\n`
    );
    return;
  }
  // The terminal has echoed "^C" on this line.
  const start = error instanceof InterruptedError && error.cause === "SIGINT" && io.stderr.isTTY ? "\n" : "";
  const text = `${bin}: ${named(inLines({ message, hint }))}`;
  io.stderr.write(`${start}${wrappedLines(text, wrapColumnsOf(io.stderr))}\n`);
}

/** Returns what to show of an error, without secrets or control characters: it may quote a server. */
export function shownError(error: unknown): ErrorReport {
  const clean = (text: string): string => stripControls(redact(text));
  const { code, message, hint } = describeError(error);
  const shown = hint ?? (code === "internal" ? REPORT_IT : undefined);
  return { code, message: clean(message), ...(shown && { hint: clean(shown) }) };
}

const REPORT_IT = "This is a bug. Run the command again with --log-level debug and report the output.";
