import { type ErrorCode, isLodeError, LodeError } from "../../errors.js";

interface Meaning {
  readonly code: ErrorCode;
  readonly safe?: boolean;
  readonly advice: string;
}

/** By SQLite's primary result codes, https://www.sqlite.org/rescode.html. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  BUSY: { code: "timeout", safe: true, advice: "another process is writing to it; try again" },
  LOCKED: { code: "timeout", safe: true, advice: "it is being written to; try again" },
  CORRUPT: { code: "corrupt-format", advice: "delete it, and it is made anew" },
  NOTADB: {
    code: "corrupt-format",
    advice: "it is no SQLite database; delete it or give another path",
  },
  READONLY: {
    code: "permission-denied",
    advice: "open it for writing, and look at its permissions",
  },
  PERM: { code: "permission-denied", advice: "look at its permissions" },
  CANTOPEN: { code: "permission-denied", advice: "look at the permissions of it and its folder" },
  CONSTRAINT: { code: "invalid-argument", advice: "a value breaks a rule of its table" },
  FULL: { code: "unexpected", advice: "the disk is full" },
  INTERRUPT: { code: "aborted", advice: "it was interrupted" },
};

const OTHER: Meaning = { code: "unexpected", advice: "this is likely a mistake in Lodestore" };

/** What SQLite or its binding threw, as a LodeError about the database at `path`. */
export function sqliteError(error: unknown, path: string): LodeError {
  if (isLodeError(error)) return error;
  const why = error instanceof Error ? error.message : String(error);
  const { code: told } = error as { readonly code?: unknown };
  const primary = typeof told === "string" ? (/^SQLITE_([A-Z]+)/.exec(told)?.[1] ?? "") : "";
  // The binding gives no code to what fails in opening.
  const opening = /^ConnectionFailed\(.*: 14"?\)/.test(why);
  const { code, safe = false, advice } = MEANINGS[opening ? "CANTOPEN" : primary] ?? OTHER;
  return new LodeError({
    code,
    retry: safe ? "safe" : "never",
    message: `the database ${path} failed: ${why} (${advice})`,
    uri: `file://${path}`,
    details: { sqlite: told },
    cause: error,
  });
}
