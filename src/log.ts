import { closeSync, constants, fchmodSync, fstatSync, openSync, writeSync } from "node:fs";
import { codeOf, ImgwireError, messageOf } from "./errors.ts";

/** Log levels, the quietest first; a log prints its own level and those before it. */
export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes redacted lines to stderr and, if requested, a file; never to stdout. */
export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

const SECRET_FIELDS =
  "access_token|refresh_token|id_token|client_secret|code_verifier|device_code|registration_access_token|" +
  "authorization|x-amz-signature|x-amz-security-token|x-amz-credential";
/** Names that mark a secret in a query or a JSON member, but are ordinary words in a sentence. */
const SECRET_PARAMETERS = "code|state|signature|sig";
/** A name starts a word, or follows an ampersand that is escaped for JSON or for a URL within a URL. */
const START = "(?:\\b|(?<=\\\\u0026|%26))";
/** A quotation mark, possibly escaped as in JSON within JSON. */
const QUOTE = `\\\\{0,8}["']`;
const VALUE = `((?:${QUOTE})?)(?:(?:Bearer|Basic|DPoP)\\s{1,4})?[^"'&\\s,;}\\\\]+`;

/**
 * Matching takes linear time for any text: each quantifier after which a match can still fail is either
 * bounded or excludes the characters that the pattern starts with.
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
  // A code or token in a sentence: 16 characters that include a digit aren't a word.
  [/\b(code|token|secret|verifier)(\s{1,4}["'`(]?)(?=[\w~+/.-]{0,128}\d)[\w~+/.-]{16,}/gi, "$1$2[redacted]"],
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, "[redacted]"],
  [/(:\/\/)[^/\s@]*@/g, "$1[redacted]@"]
];

/** The most characters of a text that are searched; the rest isn't shown. */
const MAX_REDACTED_CHARS = 1024 * 1024;
const MAX_SECRET_CHARS = 8 * 1024;

/**
 * Removes tokens, codes, presigned signatures and passwords in URLs from a text that will be shown or stored.
 * A text longer than {@link MAX_REDACTED_CHARS} is cut first, so that an oversized message from a server
 * can't take up time.
 */
export function redact(text: string): string {
  if (text.length <= MAX_REDACTED_CHARS) return replaceSecrets(text);
  const start = text.slice(0, MAX_REDACTED_CHARS);
  // Cut before a word: half of a secret might match no pattern.
  const tail = start.slice(-MAX_SECRET_CHARS).search(/\S*$/);
  const kept = start.slice(0, MAX_REDACTED_CHARS - MAX_SECRET_CHARS + tail);
  return `${replaceSecrets(kept)}… (${text.length - kept.length} more characters)`;
}

function replaceSecrets(text: string): string {
  return REDACTIONS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

const HARMFUL =
  // eslint-disable-next-line no-control-regex -- these characters are to be removed
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Makes untrusted text safe to print on a terminal: removes bidirectional overrides and all C0 and C1
 * controls (hence every escape sequence) except tab and line feed.
 */
export function stripControls(text: string): string {
  return text.replace(HARMFUL, "");
}

/** Makes JSON text safe to print without changing its meaning: replaces the same characters with escapes. */
export function escapeControls(json: string): string {
  return json.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The most characters of a message that are logged. */
const MAX_LINE_CHARS = 64 * 1024;

/**
 * Creates the program's log.
 * @param level the last level to print
 * @param write writes a finished line to stderr
 * @param file a file to append the lines to as well, created with mode 0600; if a write fails, the log says
 *   so and continues without the file
 * @throws ImgwireError `log_file_refused` if `file` can't be opened or isn't a regular file
 */
export function createLog(level: LogLevel, write: (line: string) => void, file?: string): Log {
  const limit = LOG_LEVELS.indexOf(level);
  let append = file === undefined ? undefined : appender(file);
  const writeToFile = (line: string): void => {
    try {
      append?.(`${new Date().toISOString()} ${process.pid} ${line}\n`);
    } catch (error) {
      append = undefined;
      write(`imgwire: warn: Stopped writing the log file: ${messageOf(error)}\n`);
    }
  };
  const at = (name: Exclude<LogLevel, "silent">) => {
    const rank = LOG_LEVELS.indexOf(name);
    return (message: string): void => {
      if (rank > limit) return;
      const line = stripControls(redact(message).slice(0, MAX_LINE_CHARS));
      write(`imgwire: ${name === "info" ? "" : `${name}: `}${line}\n`);
      writeToFile(`${name} ${line}`);
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

/** Opens the file. Another user may have put a link or a FIFO there, so doesn't follow or wait for either. */
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
    hint: "Choose another file with --log-file or IMGWIRE_LOG_FILE.",
    cause
  });
}
