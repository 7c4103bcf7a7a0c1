import { isLodeError, LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore, WriteMode } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import { HEADS, headKey } from "../manifest/index.js";
import { encodeHead, MEND, parseHead, type RunHead } from "./head.js";

/** A head, and the version of its object for compare-and-swap. */
export interface StoredHead {
  readonly head: RunHead;
  readonly etag: string;
}

/** No head is longer. */
const MAX_HEAD_BYTES = 64 * 1024;

/** Undefined if there is none. Throws `corrupt-format`, `integrity`, `unsupported`. */
export async function readHead(
  store: ObjectStore,
  runId: string,
  options: CallOptions = {},
): Promise<StoredHead | undefined> {
  const found = await readHeadAt(store, headKey(runId), options);
  if (found === undefined || found.head.runId === runId) return found;
  const uri = store.uriOf(headKey(runId));
  throw new LodeError({
    code: "corrupt-format",
    message: `${uri} is the head of ${JSON.stringify(found.head.runId)}, and its name says ${JSON.stringify(runId)}; ${MEND}`,
    uri,
  });
}

/** The head under a key of a listing. */
export async function readHeadAt(
  store: ObjectStore,
  key: string,
  options: CallOptions = {},
): Promise<StoredHead | undefined> {
  const found = await readHeadBytes(store, key, options);
  if (found === undefined) return undefined;
  const { bytes, etag } = found;
  if (bytes.length > MAX_HEAD_BYTES) throw tooLong(store.uriOf(key));
  return { head: parseHead(bytes.toString("utf8"), store.uriOf(key)), etag };
}

/** What stands there, though it be damaged; of more than a head can have, the beginning. */
export async function readHeadBytes(
  store: ObjectStore,
  key: string,
  options: CallOptions = {},
): Promise<{ readonly bytes: Buffer; readonly etag: string } | undefined> {
  try {
    const { meta, body } = await store.get(key, options);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body) {
      length += chunk.length;
      chunks.push(Buffer.from(chunk));
      if (length > MAX_HEAD_BYTES) break;
    }
    return { bytes: Buffer.concat(chunks), etag: meta.etag };
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}

/** The keys of all heads, in order. */
export async function* listHeadKeys(
  store: ObjectStore,
  options: CallOptions = {},
): AsyncGenerator<string, void> {
  for await (const { key } of store.list({ ...options, prefix: HEADS })) {
    if (key.endsWith(".json")) yield key;
  }
}

/** Failures after which the store may yet have taken the head. */
const LOST = ["connection", "timeout", "aborted", "rate-limited", "unexpected"] as const;

/**
 * Puts a head in the place of `current` (undefined: of none). Undefined if another is there by now. A reply that
 * was lost is looked into. Throws with `details.committed` "unknown" where that cannot be done.
 */
export async function swapHead(
  store: ObjectStore,
  current: StoredHead | undefined,
  next: RunHead,
  options: CallOptions = {},
): Promise<StoredHead | undefined> {
  const key = headKey(next.runId);
  const mode: WriteMode = current === undefined ? "create" : { ifMatch: current.etag };
  try {
    const { etag } = await putJson(store, key, encodeHead(next), { ...options, mode });
    return { head: next, etag };
  } catch (error) {
    const refused = isLodeError(error, "already-exists", "precondition-failed");
    if (!refused && !isLodeError(error, ...LOST)) throw error;
    const there = await headAfter(store, next.runId, error);
    // A condition is refused to a second try too, whose first one was carried out and its reply lost.
    if (there !== undefined && sameHead(there.head, next)) return there;
    if (refused || there?.etag !== current?.etag) return undefined;
    throw unknown(next.runId, error);
  }
}

async function headAfter(
  store: ObjectStore,
  runId: string,
  failure: LodeError,
): Promise<StoredHead | undefined> {
  try {
    // Without a signal: if it has fired, what it stopped must be known all the more.
    return await readHead(store, runId);
  } catch (error) {
    if (isLodeError(failure, "already-exists", "precondition-failed")) throw error;
    throw unknown(runId, failure);
  }
}

function unknown(runId: string, failure: LodeError): LodeError {
  return failure.with({
    message: `whether run ${JSON.stringify(runId)} is committed is not known, since the answer of the store was lost (${failure.message}); look for its newest revision before saving again`,
    details: { committed: "unknown" },
  });
}

function sameHead(a: RunHead, b: RunHead): boolean {
  return encodeHead(a) === encodeHead(b);
}

function tooLong(uri: string): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `${uri} is no head of a run: it has more than ${MAX_HEAD_BYTES} bytes; ${MEND}`,
    uri,
  });
}
