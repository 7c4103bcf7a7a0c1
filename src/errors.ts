/** The stable, branchable reason of a failure. Each maps to one exit code and one HTTP status. */
export type ErrorCode =
  | "not-found"
  | "already-exists"
  | "precondition-failed"
  | "invalid-argument"
  | "invalid-key"
  | "invalid-config"
  | "unsupported"
  | "unauthenticated"
  | "permission-denied"
  | "rate-limited"
  | "timeout"
  | "connection"
  | "incomplete-read"
  | "integrity"
  | "corrupt-format"
  | "partial-failure"
  | "aborted"
  | "unexpected";

/**
 * Whether trying again can help: `never`, `safe` (the same call may succeed if repeated), or
 * `exhausted` (it was safe, was retried, and still failed).
 */
export type RetryHint = "never" | "safe" | "exhausted";

export interface LodeErrorOptions {
  readonly code: ErrorCode;
  /** One line: what failed, on what, why, what to do. Never a credential. */
  readonly message: string;
  readonly retry?: RetryHint | undefined;
  /** The verb that failed, such as `get` or `put`. */
  readonly operation?: string | undefined;
  /** The object or container concerned, without query strings or credentials. */
  readonly uri?: string | undefined;
  /** Facts for programs: status, requestId, retryAfterMs, per-item failures, ... */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** What the command and the server answer for a code. */
export interface ErrorCodeFacts {
  readonly exitCode: number;
  readonly httpStatus: number;
}

const BRAND = Symbol.for("lodestore.LodeError");

/** Exit code of the command and status of the HTTP interface for every error code. */
export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorCodeFacts>> = {
  "not-found": { exitCode: 10, httpStatus: 404 },
  "already-exists": { exitCode: 11, httpStatus: 409 },
  "precondition-failed": { exitCode: 11, httpStatus: 412 },
  "invalid-argument": { exitCode: 2, httpStatus: 400 },
  "invalid-key": { exitCode: 2, httpStatus: 400 },
  "invalid-config": { exitCode: 2, httpStatus: 400 },
  unsupported: { exitCode: 12, httpStatus: 501 },
  unauthenticated: { exitCode: 13, httpStatus: 401 },
  "permission-denied": { exitCode: 13, httpStatus: 403 },
  "rate-limited": { exitCode: 14, httpStatus: 429 },
  timeout: { exitCode: 14, httpStatus: 504 },
  connection: { exitCode: 14, httpStatus: 502 },
  "incomplete-read": { exitCode: 14, httpStatus: 502 },
  integrity: { exitCode: 15, httpStatus: 500 },
  "corrupt-format": { exitCode: 15, httpStatus: 422 },
  "partial-failure": { exitCode: 3, httpStatus: 207 },
  aborted: { exitCode: 130, httpStatus: 499 },
  unexpected: { exitCode: 1, httpStatus: 500 },
};

/** The only class of error that leaves the library. Recognise it with {@link isLodeError}. */
export class LodeError extends Error {
  readonly code: ErrorCode;
  readonly retry: RetryHint;
  readonly operation: string | undefined;
  readonly uri: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(options: LodeErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LodeError";
    this.code = options.code;
    this.retry = options.retry ?? "never";
    this.operation = options.operation;
    this.uri = options.uri;
    this.details = options.details ?? {};
    // The brand, not `instanceof`, identifies the class: two copies of the package may be loaded.
    Object.defineProperty(this, BRAND, { value: true, enumerable: false });
  }

  /** The same failure with more context; what is already set is kept unless given here. */
  with(more: Partial<Omit<LodeErrorOptions, "cause">>): LodeError {
    return new LodeError({
      code: more.code ?? this.code,
      message: more.message ?? this.message,
      retry: more.retry ?? this.retry,
      operation: more.operation ?? this.operation,
      uri: more.uri ?? this.uri,
      details: more.details === undefined ? this.details : { ...this.details, ...more.details },
      cause: this.cause,
    });
  }
}

/** True if `error` is a LodeError, and of one of `codes` where any are given. */
export function isLodeError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: C[]
): error is LodeError & { readonly code: C } {
  if (typeof error !== "object" || error === null) return false;
  if ((error as Record<symbol, unknown>)[BRAND] !== true) return false;
  return codes.length === 0 || (codes as string[]).includes((error as LodeError).code);
}

/** Any thrown value as a LodeError: an abort becomes `aborted`, anything unknown `unexpected`. */
export function toLodeError(error: unknown, operation?: string, uri?: string): LodeError {
  if (isLodeError(error)) {
    return (error.operation ?? operation) === error.operation && (error.uri ?? uri) === error.uri
      ? error
      : error.with({ operation: error.operation ?? operation, uri: error.uri ?? uri });
  }
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError") return abortedError(operation, uri, error);
  const text = error instanceof Error ? error.message : String(error);
  return new LodeError({
    code: "unexpected",
    message: `${describe(operation, uri)} failed unexpectedly: ${text}`,
    operation,
    uri,
    cause: error,
  });
}

/** The error for a call whose signal fired. */
export function abortedError(operation?: string, uri?: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "aborted",
    message: `${describe(operation, uri)} was cancelled`,
    operation,
    uri,
    cause,
  });
}

/** Throws `aborted` if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined, operation?: string): void {
  if (signal?.aborted) throw abortedError(operation, undefined, signal.reason);
}

function describe(operation: string | undefined, uri: string | undefined): string {
  return [operation ?? "operation", uri].filter((part) => part !== undefined).join(" ");
}

/** The error as plain data for `--json` lines and HTTP bodies. */
export function errorToJson(error: LodeError): Record<string, unknown> {
  return {
    code: error.code,
    message: error.message,
    retry: error.retry,
    ...(error.operation === undefined ? {} : { operation: error.operation }),
    ...(error.uri === undefined ? {} : { uri: error.uri }),
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
  };
}
