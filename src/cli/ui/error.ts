import { describeError, type ErrorReport } from "../../errors.ts";
import { redact, stripControls } from "../../log.ts";
import { namedAs, programName } from "./naming.ts";
import type { Io } from "../../system/io.ts";

/**
 * Prints what went wrong: as the JSON error document on stdout, or for people on stderr.
 * @param bin name of the program that was started
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
  io.stderr.write(`${bin}: ${named(message)}\n${hint ? `  ${named(hint)}\n` : ""}`);
}

/** What may be shown of an error, which can quote a server: no secrets and no control characters. */
export function shownError(error: unknown): ErrorReport {
  const clean = (text: string): string => stripControls(redact(text));
  const { code, message, hint } = describeError(error);
  const shown = hint ?? (code === "internal" ? REPORT_IT : undefined);
  return { code, message: clean(message), ...(shown && { hint: clean(shown) }) };
}

const REPORT_IT = "This is a bug. Run the command again with --log-level debug and report what it prints.";
