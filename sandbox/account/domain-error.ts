/** The error types on the service's public troubleshooting pages. */
export type ErrorType =
  | "InvalidTokenError"
  | "ResourceNotFoundError"
  | "ResourceNotAuthorizedError"
  | "OperationNotAllowedError"
  | "PaymentRequiredError";

/** A domain error of the service, which callers receive as `{"detail","error_type"}`. */
export class DomainError extends Error {
  readonly errorType: ErrorType;

  constructor(errorType: ErrorType, detail: string) {
    super(detail);
    this.errorType = errorType;
  }
}

/** Creates the error for a request that the service understands but doesn't allow. */
export function notAllowed(detail: string): DomainError {
  return new DomainError("OperationNotAllowedError", detail);
}
