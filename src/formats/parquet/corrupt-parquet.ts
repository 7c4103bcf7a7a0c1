import { isLodeError, LodeError } from "../../errors.js";

export function corruptParquet(why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the Parquet file cannot be read: ${why}`,
    cause,
  });
}

export function unsupportedParquet(what: string): LodeError {
  return new LodeError({
    code: "unsupported",
    message: `the Parquet file has ${what}, which is not read`,
  });
}

/** The result of work of hyparquet on a file's bytes, whose errors say that these are damaged. */
export function orCorrupt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isLodeError(error)) throw error;
    // hyparquet does not ask whether a field is there.
    const why =
      error instanceof TypeError ? "something in it is missing" : (error as Error).message;
    throw corruptParquet(`${what}: ${why}`, error);
  }
}

/** A 64-bit number of the file as one that is exact, from 0. */
export function toCount(value: bigint | number | undefined, what: string): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw corruptParquet(`${what} is ${String(value)}`);
}
