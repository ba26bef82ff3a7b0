import { closeSync, fchmodSync, openSync, writeSync } from "node:fs";

/** Log levels from quiet to talkative; a logger prints its own level and everything before it. */
export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes lines for people to stderr (and a file), never to stdout, and never a secret. */
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
const VALUE = `(["']?)(?:(?:Bearer|Basic|DPoP)\\s+)?[^"'&\\s,;}]+`;

const REDACTIONS: readonly [RegExp, string][] = [
  [new RegExp(`\\b(${SECRET_FIELDS})(["']?\\s*[=:]\\s*)${VALUE}`, "gi"), "$1$2$3[redacted]"],
  [new RegExp(`\\b(${SECRET_PARAMETERS})(=|["']\\s*:\\s*)${VALUE}`, "gi"), "$1$2$3[redacted]"],
  [/\b(Bearer|Basic|DPoP)\s+[\w~+/.=-]{8,}/gi, "$1 [redacted]"],
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, "[redacted]"],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s:@]+:[^/\s@]+@/gi, "$1[redacted]@"]
];

/** Takes tokens, codes, presigned signatures and passwords in URLs out of a text that will be shown or stored. */
export function redact(text: string): string {
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

/**
 * Creates the program's log.
 * @param level what to print
 * @param write receives each finished line, for stderr
 * @param file also append the lines to this file, created with mode 0600, for as long as it can be written
 * @throws the file system's error when `file` cannot be opened
 */
export function createLog(level: LogLevel, write: (line: string) => void, file?: string): Log {
  const limit = LOG_LEVELS.indexOf(level);
  let append = file === undefined ? undefined : appender(file);
  const keep = (line: string): void => {
    try {
      append?.(`${new Date().toISOString()} ${process.pid} ${line}\n`);
    } catch (error) {
      append = undefined;
      write(`imgwire: warn: The log file cannot be written any more: ${(error as Error).message}\n`);
    }
  };
  const at = (name: Exclude<LogLevel, "silent">) => {
    const rank = LOG_LEVELS.indexOf(name);
    return (message: string): void => {
      if (rank > limit) return;
      const line = stripControls(redact(message));
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

function openLogFile(file: string): number {
  const descriptor = openSync(file, "a", 0o600);
  if (process.platform !== "win32") fchmodSync(descriptor, 0o600);
  return descriptor;
}
