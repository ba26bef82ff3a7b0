import { closeSync, constants, fchmodSync, fstatSync, openSync, writeSync } from "node:fs";
import { codeOf, ImgwireError, messageOf } from "./errors.ts";

/** Log levels from quiet to talkative; a logger prints its own level and everything before it. */
export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes lines to stderr (and a file), never to stdout, and never a secret. */
export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

const SECRET_FIELDS =
  "access_token|refresh_token|id_token|client_secret|code_verifier|device_code|registration_access_token|" +
  "authorization|x-amz-signature|x-amz-security-token|x-amz-credential";
/** Words that mean a secret in a query or a JSON member, but not in a sentence. */
const SECRET_PARAMETERS = "code|state|signature|sig";
/** A name begins a word, or follows an ampersand as JSON, or a URL within a URL, escapes it. */
const START = "(?:\\b|(?<=\\\\u0026|%26))";
/** A quote, also of JSON within JSON. */
const QUOTE = `\\\\{0,8}["']`;
const VALUE = `((?:${QUOTE})?)(?:(?:Bearer|Basic|DPoP)\\s{1,4})?[^"'&\\s,;}\\\\]+`;

/**
 * Every quantifier that can be followed by a failure is bounded, or excludes what the pattern begins with:
 * the time is linear in the text, whatever it is.
 */
const REDACTIONS: readonly [RegExp, string][] = [
  [
    new RegExp(
      `${START}(${SECRET_FIELDS})((?:${QUOTE})?\\s{0,8}(?:[=:]|%3D|\\\\u003d)\\s{0,8})${VALUE}`,
      "gi"
    ),
    "$1$2$3[redacted]"
  ],
  [
    new RegExp(`${START}(${SECRET_PARAMETERS})(=|%3D|\\\\u003d|${QUOTE}\\s{0,8}:\\s{0,8})${VALUE}`, "gi"),
    "$1$2$3[redacted]"
  ],
  [/\b(Bearer|Basic|DPoP)(\s{1,4})[\w~+/.=-]{8,}/gi, "$1$2[redacted]"],
  // A code or a token in a sentence: 16 characters with a digit among them are no word.
  [/\b(code|token|secret|verifier)(\s{1,4}["'`(]?)(?=[\w~+/.-]{0,128}\d)[\w~+/.-]{16,}/gi, "$1$2[redacted]"],
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, "[redacted]"],
  [/(:\/\/)[^/\s@]*@/g, "$1[redacted]@"]
];

/** Characters of a text that are looked through; what comes after them isn't shown. */
const MAX_REDACTED_CHARS = 1024 * 1024;
const MAX_SECRET_CHARS = 8 * 1024;

/**
 * Takes tokens, codes, presigned signatures and passwords in URLs out of a text that will be shown or stored.
 * A longer one than {@link MAX_REDACTED_CHARS} is cut first, so that nobody waits for what a server has sent
 * too much of.
 */
export function redact(text: string): string {
  if (text.length <= MAX_REDACTED_CHARS) return replaceSecrets(text);
  const start = text.slice(0, MAX_REDACTED_CHARS);
  // What stands at the cut may be half a secret, which no pattern knows.
  const tail = start.slice(-MAX_SECRET_CHARS).search(/\S*$/);
  const kept = start.slice(0, MAX_REDACTED_CHARS - MAX_SECRET_CHARS + tail);
  return `${replaceSecrets(kept)}… (${text.length - kept.length} more characters)`;
}

function replaceSecrets(text: string): string {
  return REDACTIONS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

const HARMFUL =
  // eslint-disable-next-line no-control-regex -- these very characters are what must go
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Makes terminal output of foreign text harmless: C0 and C1 controls (with them every escape sequence) except
 * tab and line feed, and the bidirectional overrides, are removed.
 */
export function stripControls(text: string): string {
  return text.replace(HARMFUL, "");
}

/** The same for a JSON text, without loss: what JSON lets stand in a string is written as its escape. */
export function escapeControls(json: string): string {
  return json.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Characters of a message that are logged. */
const MAX_LINE_CHARS = 64 * 1024;

/**
 * Creates the program's log.
 * @param level what to print
 * @param write receives each finished line, for stderr
 * @param file also append the lines to this file, created with mode 0600, for as long as it can be written
 * @throws ImgwireError `log_file_refused` when `file` can't be opened, or is a link, a FIFO or another kind
 *   of file
 */
export function createLog(level: LogLevel, write: (line: string) => void, file?: string): Log {
  const limit = LOG_LEVELS.indexOf(level);
  let append = file === undefined ? undefined : appender(file);
  const keep = (line: string): void => {
    try {
      append?.(`${new Date().toISOString()} ${process.pid} ${line}\n`);
    } catch (error) {
      append = undefined;
      write(`imgwire: warn: Nothing more is written to the log file: ${messageOf(error)}\n`);
    }
  };
  const at = (name: Exclude<LogLevel, "silent">) => {
    const rank = LOG_LEVELS.indexOf(name);
    return (message: string): void => {
      if (rank > limit) return;
      const line = stripControls(redact(message).slice(0, MAX_LINE_CHARS));
      write(`imgwire: ${name === "info" ? "" : `${name}: `}${line}\n`);
      keep(`${name} ${line}`);
    };
  };
  return { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
}

function appender(file: string): (line: string) => void {
  closeSync(openLogFile(file));
  return (line) => {
    const descriptor = openLogFile(file);
    writeSync(descriptor, line);
    closeSync(descriptor);
  };
}

/** Opens it without following a link or waiting for a reader: somebody else may have put either there. */
function openLogFile(file: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_WRONLY } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(file, O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_WRONLY, 0o600);
  } catch (error) {
    throw refused(file, codeOf(error) === "ELOOP" ? "it is a symbolic link" : messageOf(error), error);
  }
  if (!fstatSync(descriptor).isFile()) {
    closeSync(descriptor);
    throw refused(file, "it is not a regular file");
  }
  if (process.platform !== "win32") fchmodSync(descriptor, 0o600);
  return descriptor;
}

function refused(file: string, why: string, cause?: unknown): ImgwireError {
  return new ImgwireError("log_file_refused", `${file} can't be the log file: ${why}.`, {
    hint: "Name another file with --log-file or IMGWIRE_LOG_FILE.",
    cause
  });
}
