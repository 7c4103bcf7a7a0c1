/**
 * One row of an operation log: one request as the program that sent it saw it. Times are exact
 * integers: the start since 1970, all else in nanoseconds from there.
 */
export interface OpLogEntry {
  /** Position in the log, from 0. */
  readonly index: number;
  /** A number below 65,536; requests of one number do not overlap. */
  readonly thread: number;
  /** A word of {@link OP_WORDS} where one fits, else as the log has it. */
  readonly op: string;
  /** Who sent it: a host, a rank. Never a credential. */
  readonly clientId: string;
  /** Objects read, written, deleted or listed. */
  readonly objects: number;
  /** Bytes of payload sent or received. */
  readonly bytes: number;
  /** URL of the server, or the URI of a local store. */
  readonly endpoint: string;
  /** The key without its bucket; the prefix of a listing; the target of a copy. */
  readonly file: string;
  /** Empty for success. */
  readonly error: string;
  /** Whole seconds since 1970. */
  readonly startSeconds: number;
  /** Nanoseconds of the start within its second. */
  readonly startNanos: number;
  /** When the first byte of the reply came, in nanoseconds after the start. */
  readonly firstByteNs?: number | undefined;
  /** When its last byte came, in nanoseconds after the start. */
  readonly lastByteNs?: number | undefined;
  readonly durationNs: number;
  /** Warp's bit set of categories. */
  readonly categories?: number | undefined;
  /** Where in the object a read began, in bytes; absent for whole objects and where the log does not tell. */
  readonly offset?: number | undefined;
  /** The store's URI, such as `s3://bucket`; absent where the log does not tell. */
  readonly store?: string | undefined;
  /** The source of a copy or rename. */
  readonly source?: string | undefined;
}

/** Warp's own words, and then ours in the same manner for what it has no word for. */
export const OP_WORDS = [
  "GET",
  "PUT",
  "STAT",
  "DELETE",
  "LIST",
  "PUTPART",
  "COPY",
  "RENAME",
  "MULTIPART_START",
  "MULTIPART_COMPLETE",
  "MULTIPART_ABORT",
  "MULTIPART_RESUME",
  "MULTIPART_LIST",
  "LIST_PARTS",
  "CREATE_CONTAINER",
  "DELETE_CONTAINER",
  "LIST_CONTAINERS",
] as const;

export type OpWord = (typeof OP_WORDS)[number];

/** Order of starts, for sorting; equal ones keep the order of the log. */
export function compareStarts(a: OpLogEntry, b: OpLogEntry): number {
  return a.startSeconds - b.startSeconds || a.startNanos - b.startNanos || a.index - b.index;
}

/** Nanoseconds from the start of `from` to the start of `to`; exact up to 104 days. */
export function nanosBetween(from: OpLogEntry, to: OpLogEntry): number {
  return (to.startSeconds - from.startSeconds) * 1e9 + (to.startNanos - from.startNanos);
}
