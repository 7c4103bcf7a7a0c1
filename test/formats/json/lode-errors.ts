import { isLodeError, type LodeError } from "../../../src/errors.js";

/** The error that work ends with, which has to be one of ours. */
export function codeOf(work: () => unknown): LodeError {
  try {
    work();
  } catch (error) {
    if (isLodeError(error)) return error;
    throw error;
  }
  throw new Error("there was no error");
}

/** The error that a promise ends with, which has to be one of ours. */
export async function errorOf(promise: Promise<unknown>): Promise<LodeError> {
  try {
    await promise;
  } catch (error) {
    if (isLodeError(error)) return error;
    throw error;
  }
  throw new Error("there was no error");
}
