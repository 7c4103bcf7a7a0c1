import type { Operation, OperationRecord } from "../../storage/index.js";
import type { OpLogEntry, OpWord } from "../entry.js";

/** What is a request of its own, and its word. The others make none, or none that moves anything. */
const WORD_OF: Readonly<Record<Operation, OpWord | undefined>> = {
  get: "GET",
  "read-into": "GET",
  head: "STAT",
  put: "PUT",
  "start-multipart": "MULTIPART_START",
  "resume-multipart": "MULTIPART_RESUME",
  "put-part": "PUTPART",
  "list-parts": "LIST_PARTS",
  complete: "MULTIPART_COMPLETE",
  abort: "MULTIPART_ABORT",
  list: "LIST",
  "list-multiparts": "MULTIPART_LIST",
  delete: "DELETE",
  copy: "COPY",
  rename: "RENAME",
  // Signed by this process alone: no request.
  presign: undefined,
  "create-container": "CREATE_CONTAINER",
  "delete-container": "DELETE_CONTAINER",
  "list-containers": "LIST_CONTAINERS",
};

/** Warp reads threads as 16-bit numbers. */
const THREADS = 65_536;

export interface EntrySettings {
  readonly clientId: string;
  /** Taken off every time, in nanoseconds: how far this clock is ahead of the reference. */
  readonly clockOffsetNs: number;
}

/** The row of a call; undefined for calls that are no request. */
export function entryOfRecord(
  record: OperationRecord,
  { clientId, clockOffsetNs }: EntrySettings,
): OpLogEntry | undefined {
  const op = WORD_OF[record.operation];
  if (op === undefined) return undefined;
  const { start, firstByte, end, error, target } = record;
  // Fractions of a second apart from the rest, or a double has no room for nanoseconds.
  const second = Math.floor(start / 1000);
  const nanos = Math.round((start - second * 1000) * 1e6) - clockOffsetNs;
  const carried = Math.floor(nanos / 1e9);
  const durationNs = after(start, end);
  return {
    index: 0,
    thread: record.lane % THREADS,
    op,
    clientId,
    objects: record.objects,
    bytes: record.bytes,
    endpoint: record.endpoint,
    file: target ?? record.key,
    error: error === undefined ? "" : `${error.code}: ${error.message}`,
    startSeconds: second + carried,
    startNanos: nanos - carried * 1e9,
    firstByteNs: firstByte === undefined ? undefined : after(start, firstByte),
    lastByteNs: op === "GET" && error === undefined ? durationNs : undefined,
    durationNs,
    categories: undefined,
    offset: record.offset,
    store: record.uri,
    source: target === undefined ? undefined : record.key,
  };
}

function after(start: number, moment: number): number {
  return Math.max(0, Math.round((moment - start) * 1e6));
}
