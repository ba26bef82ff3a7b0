import { describeError, type ErrorReport, InterruptedError, SIGN_IN_HINT } from "../../errors.ts";
import { redact, stripControls } from "../../log.ts";
import { namedAs, programName } from "./naming.ts";
import type { Io } from "../../system/io.ts";
import { columnsOf, runByCi } from "./reader.ts";
import { wrappedLines } from "./wrap.ts";

/**
 * Prints an error: as a JSON document on stdout, or for people on stderr.
 * @param bin the name of the program that was started
 */
export function printError(io: Io, bin: string, json: boolean, error: unknown): void {
  const program = programName(bin, io);
  const named = (text: string): string => namedAs(program, text);
  const { code, message, hint: usual } = shownError(error);
  const hint = usual === SIGN_IN_HINT && runByCi(io) ? SET_TOKEN : usual;
  if (json) {
    io.stdout.write(
      `${JSON.stringify({ error: { code, message, ...(hint && { hint: named(hint) }) } }, undefined, 2)}\n`
    );
    return;
  }
  // The terminal has written "^C" where the cursor is.
  const start = error instanceof InterruptedError && error.cause === "SIGINT" && io.stderr.isTTY ? "\n" : "";
  const text = `${bin}: ${named(message)}${hint ? `\n  ${named(hint)}` : ""}`;
  io.stderr.write(`${start}${wrappedLines(text, columnsOf(io.stderr))}\n`);
}

/** The parts of an error that may be shown, without secrets or control characters: it can quote a server. */
export function shownError(error: unknown): ErrorReport {
  const clean = (text: string): string => stripControls(redact(text));
  const { code, message, hint } = describeError(error);
  const shown = hint ?? (code === "internal" ? REPORT_IT : undefined);
  return { code, message: clean(message), ...(shown && { hint: clean(shown) }) };
}

/** Nobody is there to sign in to a CI job. */
const SET_TOKEN = "In CI, set IMGWIRE_ACCESS_TOKEN to an access token.";
const REPORT_IT = "This is a bug. Run the command again with --log-level debug and report what it prints.";
