/** What every error this program raises on purpose carries besides its message. */
export interface ErrorDetails {
  /** What to type or do next, one sentence. */
  hint?: string;
  /** The evidence: the underlying error or the answer that was refused. */
  cause?: unknown;
}

/**
 * An error with a stable `code` for scripts, a message for people and, where there is one, a hint that says
 * what to do next. The family (subclass) decides the exit code; see {@link exitCodeOf}.
 */
export class ImgwireError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
  }
}

/** The command or a setting was written wrongly: exit code 2. */
export class UsageError extends ImgwireError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("usage", message, details);
  }
}

/** Nobody is signed in, or the sign-in has ended: exit code 3. */
export class SignInNeededError extends ImgwireError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("sign_in_needed", message, { hint: "Run `imgwire login`.", ...details });
  }
}

/** The hosted service, or the authorization server, cannot be reached at the moment: exit code 4. */
export class UnreachableError extends ImgwireError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("unreachable", message, details);
  }
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
