import { type ErrorCode, LodeError } from "../../../errors.js";

/** Every way a memory store refuses, and the code it does so with. */
const CONDITIONS = {
  missingObject: ["not-found", "there is no such object"],
  missingContainer: ["not-found", "there is no such store; create it first"],
  missingUpload: ["not-found", "the multipart upload was completed, aborted or never begun"],
  objectExists: ["already-exists", "the object exists and mode is create"],
  containerExists: ["already-exists", "the store exists"],
  containerNotEmpty: ["precondition-failed", "the store is not empty; delete its objects first"],
  etagDiffers: ["precondition-failed", "its etag is another one; read it again"],
  etagSame: ["precondition-failed", "it has not changed"],
  checksumDiffers: ["integrity", "its CRC32C differs from the announced one"],
  lengthDiffers: ["invalid-argument", "the body is not as long as announced"],
  partNumber: ["invalid-argument", "part numbers go from 1 to 10,000"],
  partsMissing: ["invalid-argument", "parts must be numbered from 1 without a gap"],
  targetTooSmall: ["invalid-argument", "the target is smaller than the range"],
} as const satisfies Record<string, readonly [ErrorCode, string]>;

export type MemoryCondition = keyof typeof CONDITIONS;

/** The error for one condition of one call. */
export function memoryError(
  condition: MemoryCondition,
  operation: string,
  uri: string,
  details?: Readonly<Record<string, unknown>>,
): LodeError {
  const [code, why] = CONDITIONS[condition];
  return new LodeError({
    code,
    message: `${operation} ${uri} failed: ${why}`,
    operation,
    uri,
    details,
  });
}
