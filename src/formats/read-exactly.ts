import { raceAbort } from "../core/index.js";
import { LodeError, throwIfAborted } from "../errors.js";
import type { RangeReader } from "./range-reader.js";

/**
 * Most bytes that are taken into one array: newer versions of Node name a limit that no machine has
 * memory for, and end in an error of their own.
 */
export const MAX_ARRAY_BYTES = 2 ** 32;

/**
 * The bytes from `start` up to `end`, which must lie inside the reader. Throws `incomplete-read` if
 * the reader gives another number of bytes, and `aborted` as soon as the signal fires.
 */
export async function readExactly(
  reader: RangeReader,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  throwIfAborted(signal, "read");
  if (start === end) return new Uint8Array(0);
  const bytes = await raceAbort(reader.read(start, end), signal, "read");
  if (bytes.length === end - start) return bytes;
  throw new LodeError({
    code: "incomplete-read",
    retry: "safe",
    message: `reading bytes ${start} to ${end} gave ${bytes.length} bytes where ${end - start} were asked for`,
    details: { start, expected: end - start, actual: bytes.length },
  });
}
