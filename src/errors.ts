import type { AuthChallenge } from "./authorization.ts";

/** What every error that this program throws deliberately carries besides its message. */
export interface ErrorDetails {
  /** What a person at a terminal types or does next, one sentence. */
  hint?: string;
  /**
   * The same for an agent's model, if it needs something else than a command: a tool to call, an argument to
   * omit.
   */
  agentHint?: string;
  /** The evidence: the underlying error or the answer that was refused. */
  cause?: unknown;
}

/**
 * An error with a stable `code` for scripts, a message, and a hint about what to do next for a person and, if
 * different, for an agent. Its subclass decides the exit code; see {@link exitCodeOf}.
 */
export class ImgwireError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly agentHint: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
    this.agentHint = details.agentHint ?? details.hint;
  }
}

/** What happened and what to do about it, in one line, for whoever reads it. */
export function explain(thrown: unknown, reader: "person" | "agent"): string {
  const error = raised(thrown);
  if (!(error instanceof ImgwireError)) return messageOf(error);
  const hint = reader === "agent" ? error.agentHint : error.hint;
  return hint ? `${error.message} ${hint}` : error.message;
}

/**
 * Whether a part of this program that is loaded when it is needed is gone: an update has replaced the files
 * of the one that is running.
 */
export function isReplaced(error: unknown): boolean {
  return (
    codeOf(error) === "MODULE_NOT_FOUND" && /^Cannot find module '\.\/[\w-]+\.cjs'/.test(messageOf(error))
  );
}

/** Any thrown value, with what has a meaning to the user as this program's own error. */
function raised(error: unknown): unknown {
  if (!isReplaced(error)) return error;
  return new ImgwireError("replaced", "imgwire-mcp was updated or removed while it was running.", {
    hint: "Start it again.",
    agentHint: "Ask the user to restart this MCP server.",
    cause: error
  });
}

/** A command or a setting is wrong: exit code 2. */
export class UsageError extends ImgwireError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("usage", message, details);
  }
}

/** What to do where nobody is signed in, unless an error knows better. */
export const SIGN_IN_HINT = "Run `imgwire login`.";

/** Nobody is signed in, or the sign-in has ended: exit code 3. */
export class SignInNeededError extends ImgwireError {
  /** The challenge that the sign-in has to meet; undefined when no server was asked. */
  readonly challenge: AuthChallenge | undefined;

  constructor(message: string, { challenge, ...details }: ErrorDetails & { challenge?: AuthChallenge } = {}) {
    super("sign_in_needed", message, { hint: SIGN_IN_HINT, ...details });
    this.challenge = challenge;
  }
}

/** Imgwire, or its authorization server, cannot be reached right now: exit code 4. */
export class UnreachableError extends ImgwireError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("unreachable", message, details);
  }
}

/** Imgwire refuses requests because there are too many; code `rate_limited`. */
export class RateLimitedError extends ImgwireError {
  /** @param retryAfterMs how long the server asks to wait, if it says so */
  constructor(
    message: string,
    readonly retryAfterMs: number | undefined,
    details: ErrorDetails = {}
  ) {
    super("rate_limited", message, details);
  }
}

/** Whether a text is HTML, by how it begins. */
export function isWebPage(text: string): boolean {
  return /^\s*<(?:!doctype html|html|head|body|meta|script)\b/i.test(text.slice(0, 200));
}

/** The error of a web page where an answer was expected. @param who whose answer it should be */
export function webPage(who: string, cause?: unknown): UnreachableError {
  return new UnreachableError(`${who} answered with a web page: a network's own page may be in between.`, {
    hint: "Open a browser and sign in to the network, then try again; or check IMGWIRE_MCP_URL.",
    ...(cause !== undefined && { cause })
  });
}

/** The user interrupted the command: exit code 130. */
export class InterruptedError extends ImgwireError {
  constructor(message = "Interrupted.", details: ErrorDetails = {}) {
    super("interrupted", message, details);
  }
}

/** The process exit codes of the command line. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  signInNeeded: 3,
  unreachable: 4,
  interrupted: 130
} as const;

/** Maps any thrown value to the exit code its family stands for. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof SignInNeededError) return EXIT.signInNeeded;
  if (error instanceof UnreachableError) return EXIT.unreachable;
  if (error instanceof InterruptedError) return EXIT.interrupted;
  return EXIT.failed;
}

/** An error as reported to scripts and agents. */
export interface ErrorReport {
  code: string;
  message: string;
  hint?: string | undefined;
}

/** Code, message and hint of any thrown value; the code of an unexpected error is `internal`. */
export function describeError(thrown: unknown): ErrorReport {
  const error = raised(thrown);
  if (error instanceof ImgwireError) {
    return { code: error.code, message: error.message, ...(error.hint && { hint: error.hint }) };
  }
  return { code: "internal", message: messageOf(error) };
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of an error or of its cause (undici wraps Node's errors); an empty string if there is none. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : codeOf(cause);
}
