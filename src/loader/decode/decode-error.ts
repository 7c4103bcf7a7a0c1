import { ERROR_CODES, type ErrorCode, LodeError } from "../../errors.js";
import type { ItemInfo } from "../pipeline/index.js";
import type { PortableError } from "./worker-program.js";

/** The error for an item whose decoding threw. */
export function decodeError({ index, uri }: ItemInfo, error: PortableError): LodeError {
  const known = error.code !== undefined && Object.hasOwn(ERROR_CODES, error.code);
  return new LodeError({
    code: known ? (error.code as ErrorCode) : "unexpected",
    message: `item ${index} (${uri}) cannot be decoded: ${error.message}`,
    operation: "decode",
    uri,
    details: { index },
    cause: errorOf(error),
  });
}

/** The error for an item whose worker came to its end. */
export function workerEndedError(
  { index, uri }: ItemInfo,
  exitCode: number,
  cause: unknown,
): LodeError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new LodeError({
    code: "unexpected",
    message: `a decode worker ended with exit code ${exitCode} while it had item ${index} (${uri})${why}`,
    operation: "decode",
    uri,
    details: { index, exitCode },
    cause,
  });
}

/** The error for a value that cannot be posted. */
export function unsendableError({ index, uri }: ItemInfo, cause: unknown): LodeError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new LodeError({
    code: "invalid-argument",
    message: `item ${index} (${uri}) cannot be sent to a decode worker: ${text}; use copyInput if the data set gives its memory more than once`,
    operation: "decode",
    uri,
    details: { index },
    cause,
  });
}

/** The error for a module that the workers cannot use. */
export function moduleError(module: string, error: PortableError): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the decode module ${module} cannot be used: ${error.message}`,
    operation: "decode",
    cause: errorOf(error),
  });
}

function errorOf({ name, message, stack }: PortableError): Error {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
