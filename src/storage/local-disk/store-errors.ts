import { invalidKey } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { PutBody } from "../backend.js";

/** Something odd that a store went on from; the program decides whether to tell it. */
export interface StoreWarning {
  /** `leftover`: a temporary file could not be removed; `direct-fallback`: O_DIRECT is refused here. */
  readonly code: "leftover" | "direct-fallback";
  readonly message: string;
}

export type OnWarning = (warning: StoreWarning) => void;

export function notFound(key: string): LodeError {
  return new LodeError({
    code: "not-found",
    message: `${JSON.stringify(key)} does not exist`,
    details: { key },
  });
}

export function alreadyExists(key: string): LodeError {
  return new LodeError({
    code: "already-exists",
    message: `${JSON.stringify(key)} exists already, and the write was to create it`,
    details: { key },
  });
}

/** The object is not the version asked for; `current` is undefined where there is none. */
export function versionDiffers(key: string, wanted: string, current?: string): LodeError {
  const now = current === undefined ? "it does not exist" : `it has ${current} now`;
  return new LodeError({
    code: "precondition-failed",
    message: `${JSON.stringify(key)} is not the version ${wanted}: ${now}; read it again`,
    details: { key, wanted, ...(current === undefined ? {} : { current }) },
  });
}

export function changedWhileRead(key: string): LodeError {
  return new LodeError({
    code: "precondition-failed",
    message: `${JSON.stringify(key)} was changed in place by another program while it was read; read it again`,
    retry: "safe",
    details: { key },
  });
}

export function notModified(key: string, etag: string): LodeError {
  return new LodeError({
    code: "precondition-failed",
    message: `${JSON.stringify(key)} still has the etag ${etag}`,
    details: { key, notModified: true },
  });
}

export function wrongChecksum(key: string, expected: number, actual: number): LodeError {
  const hex = (crc: number): string => crc.toString(16).padStart(8, "0");
  return new LodeError({
    code: "integrity",
    message: `the bytes for ${JSON.stringify(key)} have CRC32C ${hex(actual)}, not ${hex(expected)} as announced; nothing was stored`,
    details: { key, expected, actual },
  });
}

export function wrongLength(expected: number, actual: number): LodeError {
  const what = actual > expected ? `at least ${actual}` : `only ${actual}`;
  return new LodeError({
    code: "integrity",
    message: `the body has ${what} bytes, not ${expected} as announced; nothing was stored`,
    details: { expected, actual },
  });
}

export function isFolder(key: string): LodeError {
  return invalidKey(
    key,
    "a folder with other objects has that name; a file store cannot hold both",
  );
}

export function notAFile(key: string): LodeError {
  return invalidKey(key, "it is a device, pipe or socket, not a file");
}

export function bodyLength(body: PutBody): number {
  return body instanceof Uint8Array ? body.byteLength : body.length;
}
