import type { AuthChallenge } from "./authorization.ts";

/** The optional parts of an {@link ImgwireError}. */
export interface ErrorDetails {
  /** What a person at a terminal should type or do next: one sentence. */
  hint?: string;
  /** The hint for an agent's model, if it differs: a tool to call, an argument to omit. */
  agentHint?: string;
  /** The underlying error, or the rejected response. */
  cause?: unknown;
}

/**
 * An error that this program throws deliberately: a stable `code` for scripts, a message, and a hint about
 * what to do next. Its subclass decides the exit code; see {@link exitCodeOf}.
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
    this.agentHint = details.agentHint;
  }

  hintFor(reader: Reader): string | undefined {
    return reader === "agent" ? (this.agentHint ?? this.hint) : this.hint;
  }

  /**
   * Returns an error that inherits from this one, with some properties changed and this one as its `cause`.
   */
  with(changes: Partial<this>): this {
    return Object.assign(Object.create(this) as this, changes, { cause: this });
  }
}

type Reader = "person" | "agent";

/** The message and hint of any thrown value, in one line. */
export function explain(thrown: unknown, reader: Reader): string {
  const error = asOwnError(thrown);
  if (!(error instanceof ImgwireError)) return messageOf(error);
  return inOneLine({ message: error.message, hint: error.hintFor(reader) });
}

/** True if a lazily loaded part of this program is missing because an update has replaced its files. */
export function isReplaced(error: unknown): boolean {
  return (
    codeOf(error) === "MODULE_NOT_FOUND" && /^Cannot find module '\.\/[\w-]+\.cjs'/.test(messageOf(error))
  );
}

/** Turns the error for a replaced program into one with a hint; returns any other value unchanged. */
function asOwnError(error: unknown): unknown {
  if (!isReplaced(error)) return error;
  return new ImgwireError("replaced", "imgwire-mcp was updated or removed while it was running.", {
    hint: "Start it again.",
    agentHint: "Ask the user to restart this MCP server.",
    cause: error
  });
}

/** A command or setting is wrong: exit code 2. */
export class UsageError extends ImgwireError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("usage", message, details);
  }
}

/** The default hint of a {@link SignInNeededError}. */
export const SIGN_IN_HINT = "Run `imgwire login`.";

/** Nobody is signed in, or the sign-in has ended: exit code 3. */
export class SignInNeededError extends ImgwireError {
  /** The challenge that the sign-in has to meet; undefined if no server sent one. */
  readonly challenge: AuthChallenge | undefined;

  constructor(message: string, { challenge, ...details }: ErrorDetails & { challenge?: AuthChallenge } = {}) {
    super("sign_in_needed", message, { hint: SIGN_IN_HINT, ...details });
    this.challenge = challenge;
  }
}

/** Imgwire or its authorization server can't be reached right now: exit code 4. */
export class UnreachableError extends ImgwireError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("unreachable", message, details);
  }
}

/** Imgwire is refusing requests because there are too many; code `rate_limited`. */
export class RateLimitedError extends ImgwireError {
  /** @param retryAfterMs how long the server asked to wait, if it did */
  constructor(
    message: string,
    readonly retryAfterMs: number | undefined,
    details: ErrorDetails = {}
  ) {
    super("rate_limited", message, details);
  }
}

/** Whether a text starts like an HTML page. */
export function isWebPage(text: string): boolean {
  return /^\s*<(?:!doctype html|html|head|body|meta|script)\b/i.test(text.slice(0, 200));
}

/** The error for a web page in place of a response. @param who the host or service that was asked */
export function webPage(who: string, cause?: unknown): UnreachableError {
  return new UnreachableError(
    `${who} answered with a web page: your network's sign-in page may be in the way.`,
    {
      hint: "Open a browser and sign in to the network, then try again; or check IMGWIRE_MCP_URL.",
      ...(cause !== undefined && { cause })
    }
  );
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

/** Returns the exit code for any thrown value, by its class. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof SignInNeededError) return EXIT.signInNeeded;
  if (error instanceof UnreachableError) return EXIT.unreachable;
  if (error instanceof InterruptedError) return EXIT.interrupted;
  return EXIT.failed;
}

/** An error as shown to people and scripts. */
export interface ErrorReport {
  code: string;
  message: string;
  hint?: string | undefined;
}

/** The message of an error and its hint, in one line. */
export function inOneLine({ message, hint }: Pick<ErrorReport, "message" | "hint">): string {
  return hint ? `${message} ${hint}` : message;
}

/** The message of an error, and its hint indented on the next line. */
export function inLines({ message, hint }: Pick<ErrorReport, "message" | "hint">): string {
  return hint ? `${message}\n  ${hint}` : message;
}

/** Code, message and hint of any thrown value; the code of an unexpected error is `internal`. */
export function describeError(thrown: unknown): ErrorReport {
  const error = asOwnError(thrown);
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
