/** The error types of the service's public troubleshooting pages. */
export type ErrorType =
  | "InvalidTokenError"
  | "ResourceNotFoundError"
  | "ResourceNotAuthorizedError"
  | "OperationNotAllowedError"
  | "PaymentRequiredError";

/** An error of the service's domain: reaches a caller as `{"detail","error_type"}`. */
export class DomainError extends Error {
  readonly errorType: ErrorType;

  constructor(errorType: ErrorType, detail: string) {
    super(detail);
    this.errorType = errorType;
  }
}
