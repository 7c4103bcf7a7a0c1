import { type ErrorCode, LodeError, toLodeError } from "../../errors.js";

/** Errors of the operating system (`man 3 errno`) at paths that the caller named. */
const RULES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ["not-found", "there is nothing of that name"],
  ENOTDIR: ["not-found", "a part of the path is no folder"],
  EEXIST: ["already-exists", "there is something of that name"],
  EISDIR: ["invalid-argument", "it is a folder"],
  ELOOP: ["invalid-argument", "it is a symbolic link, or its path has too many"],
  ENAMETOOLONG: ["invalid-argument", "its name is too long for the file system"],
  EILSEQ: ["invalid-argument", "the file system does not take its characters"],
  EACCES: ["permission-denied", "this user may not; check the permissions"],
  EPERM: ["permission-denied", "the file system does not allow it"],
  EROFS: ["permission-denied", "the file system is mounted read-only"],
  ENOSPC: ["unexpected", "the disk is full; free space and try again"],
  EMFILE: ["unexpected", "too many files are open; raise `ulimit -n`"],
};

/** The operating system's name of the error, such as `ENOENT`. */
export function errorName(error: unknown): string {
  return String((error as { readonly code?: unknown } | null)?.code);
}

/** A failure at a path of the local disk as a LodeError; those that are one already pass. */
export function localError(error: unknown, operation: string, path: string): LodeError {
  const rule = RULES[errorName(error)];
  if (rule === undefined) return toLodeError(error, operation, path);
  const [code, why] = rule;
  return new LodeError({
    code,
    message: `${operation} ${path} failed: ${why} (${errorName(error)})`,
    operation,
    uri: path,
    cause: error,
  });
}

/** What the call gives, its failure as a LodeError. */
export async function atPath<T>(
  operation: string,
  path: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw localError(error, operation, path);
  }
}
