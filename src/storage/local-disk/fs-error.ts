import { type ErrorCode, LodeError, type RetryHint, toLodeError } from "../../errors.js";

interface Rule {
  readonly code: ErrorCode;
  readonly retry?: RetryHint;
  /** Ends the sentence "<verb> <uri> failed: ". */
  readonly why: string;
}

const FULL = "free space and try again; what the key held before is unchanged";

/** What each error of the operating system means here: `man 3 errno`. */
export const FS_ERRORS: Readonly<Record<string, Rule>> = {
  ENOENT: { code: "not-found", why: "there is no such object" },
  EEXIST: { code: "already-exists", why: "the object exists already" },
  EACCES: { code: "permission-denied", why: "this user may not; check the folder's permissions" },
  EPERM: { code: "permission-denied", why: "the file system does not allow it" },
  EROFS: { code: "permission-denied", why: "the file system is mounted read-only" },
  ENOSPC: { code: "unexpected", why: `the disk is full; ${FULL}` },
  EDQUOT: { code: "unexpected", why: `the disk quota is used up; ${FULL}` },
  EMFILE: {
    code: "unexpected",
    retry: "safe",
    why: "this process has too many open files; lower the concurrency or raise `ulimit -n`",
  },
  ENFILE: { code: "unexpected", retry: "safe", why: "the machine has too many open files" },
  EIO: { code: "unexpected", why: "the device reported an I/O error; check the disk" },
  ENAMETOOLONG: { code: "invalid-key", why: "a name in its path is too long for the file system" },
  EISDIR: { code: "invalid-key", why: "a folder has that name; a file store cannot hold both" },
  ENOTDIR: { code: "invalid-key", why: "it lies below an object, not a folder" },
  ELOOP: { code: "invalid-key", why: "its path has too many symbolic links" },
  ENXIO: { code: "invalid-key", why: "it is a socket or device, not a file" },
  ENODEV: { code: "invalid-key", why: "it is a device, not a file" },
  ENOTEMPTY: { code: "precondition-failed", why: "the folder is not empty" },
  EFBIG: { code: "invalid-argument", why: "the file system does not hold files that large" },
  EXDEV: { code: "unsupported", why: "its folder lies on another file system" },
  EILSEQ: { code: "invalid-key", why: "the file system does not take its characters" },
  ESTALE: { code: "unexpected", retry: "safe", why: "the network file system lost the file" },
  ETIMEDOUT: { code: "timeout", retry: "safe", why: "the network file system did not answer" },
};

/** The operating system's name of the error, such as `ENOENT`; undefined if it is none of its. */
export function fsErrorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return error instanceof Error && typeof code === "string" && /^E[A-Z0-9]+$/.test(code)
    ? code
    : undefined;
}

/** True if the operating system reported one of `codes`. */
export function isFsError(error: unknown, ...codes: string[]): boolean {
  const code = fsErrorCode(error);
  return code !== undefined && codes.includes(code);
}

/** Any failure of a verb on `uri` as a LodeError; those that are one already pass. */
export function mapFsError(error: unknown, operation: string, uri: string): LodeError {
  const code = fsErrorCode(error);
  const rule = code === undefined ? undefined : FS_ERRORS[code];
  if (rule === undefined) return toLodeError(error, operation, uri);
  return new LodeError({
    code: rule.code,
    message: `${operation} ${uri} failed: ${rule.why} (${code})`,
    retry: rule.retry,
    operation,
    uri,
    details: { errno: code },
    cause: error,
  });
}
