import { crc32c, type ResolvedRange } from "../core/index.js";
import { LodeError } from "../errors.js";
import type { ObjectMeta } from "./backend.js";

/**
 * Passes the body on and throws unless it is exactly as long as its range (`incomplete-read`) and,
 * where the whole object is read and the store knows its CRC32C, unless that agrees (`integrity`).
 */
export function verifiedBody(
  body: AsyncIterable<Uint8Array>,
  meta: ObjectMeta,
  range: ResolvedRange,
): AsyncIterable<Uint8Array> {
  const expected = range.end - range.start;
  const checked = checksumFor(meta, range) !== undefined;
  return {
    [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
      const iterator = body[Symbol.asyncIterator]();
      let length = 0;
      let crc = 0;
      return {
        async next() {
          const step = await iterator.next();
          if (step.done === true) {
            if (length !== expected) throw wrongLength(meta, expected, length);
            verifyChecksum(meta, range, crc);
            return step;
          }
          length += step.value.length;
          if (length > expected) {
            await iterator.return?.();
            throw wrongLength(meta, expected, length);
          }
          if (checked) crc = crc32c(step.value, crc);
          return Buffer.isBuffer(step.value)
            ? { done: false, value: asDeclared(step.value) }
            : step;
        },
        // A consumer may stop before it has begun, and the source must hear of it even then.
        async return(value?: unknown) {
          await iterator.return?.();
          return { done: true, value: value as undefined };
        },
      };
    },
  };
}

/** `slice` of a Buffer is a view, which changes with the memory; of a Uint8Array it is a copy. */
function asDeclared({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

/** The checksum that bytes of this range must have, where it is known. */
export function checksumFor(meta: ObjectMeta, range: ResolvedRange): number | undefined {
  return range.start === 0 && range.end === meta.size ? meta.crc32c : undefined;
}

/** Throws `integrity` if the store knows the range's checksum and it is another one. */
export function verifyChecksum(meta: ObjectMeta, range: ResolvedRange, actual: number): void {
  const expected = checksumFor(meta, range);
  if (expected === undefined || expected === actual) return;
  throw new LodeError({
    code: "integrity",
    retry: "safe",
    message:
      `what was read of ${JSON.stringify(meta.key)} has CRC32C ${hex(actual)} but the store recorded ` +
      `${hex(expected)}: the bytes were damaged on the way or in the store; read it again`,
    details: { expected, actual, etag: meta.etag },
  });
}

function wrongLength(meta: ObjectMeta, expected: number, actual: number): LodeError {
  return new LodeError({
    code: "incomplete-read",
    retry: "safe",
    message: `reading ${JSON.stringify(meta.key)} gave ${actual} bytes where ${expected} were announced`,
    details: { expected, actual },
  });
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
