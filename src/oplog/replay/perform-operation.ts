import { generateObject } from "../../datagen/index.js";
import type { ObjectStore, ReplayableBody, WriteOptions } from "../../storage/index.js";
import type { OpLogEntry } from "../entry.js";
import type { PlannedOperation } from "./plan-operation.js";
import type { UploadTable } from "./upload-table.js";
import type { ReplayWord, SkipReason } from "./words.js";

/** What operations share. */
export interface PerformContext {
  readonly signal: AbortSignal | undefined;
  readonly seed: string;
  readonly uploads: UploadTable;
  /** An object was longer than what the log read of it: from then on as much is asked for. */
  readsBeginnings: boolean;
}

/** What an operation moved. */
export interface Moved {
  readonly bytes: number;
  /** Of listings and batches; 1 for the others. */
  readonly objects: number;
}

type Perform = (
  operation: PlannedOperation,
  store: ObjectStore,
  context: PerformContext,
) => Promise<Moved | SkipReason>;

const ONE: Moved = { bytes: 0, objects: 1 };

const PERFORM: Readonly<Record<ReplayWord, Perform>> = {
  GET: read,
  async PUT({ row, target }, store, { seed, signal }) {
    await writeContent(store, target.key, contentOf(row, seed), { signal });
    return { bytes: row.bytes, objects: 1 };
  },
  async STAT({ target }, store, { signal }) {
    await store.head(target.key, { signal });
    return ONE;
  },
  async DELETE({ target }, store, { signal }) {
    await store.delete(target.key, { signal });
    return ONE;
  },
  LIST: list,
  async PUTPART({ row, target }, store, { seed, uploads }) {
    const sent = await uploads.putPart(store, target.key, contentOf(row, seed));
    return sent ? { bytes: row.bytes, objects: 1 } : "too-many-uploads";
  },
  async COPY({ target, sourceKey }, store, { signal }) {
    await store.copy(sourceKey ?? "", target.key, { signal });
    return ONE;
  },
  async RENAME({ target, sourceKey = "" }, store, { signal }) {
    if (store.capabilities.rename) await store.rename(sourceKey, target.key, { signal });
    else {
      await store.copy(sourceKey, target.key, { signal });
      await store.delete(sourceKey, { signal });
    }
    return ONE;
  },
  async MULTIPART_START({ target }, store, { uploads }) {
    return (await uploads.start(store, target.key)) ? ONE : "too-many-uploads";
  },
  async MULTIPART_COMPLETE({ target }, store, { uploads }) {
    return (await uploads.complete(store, target.key)) === undefined ? "no-upload" : ONE;
  },
  async MULTIPART_ABORT({ target }, store, { uploads }) {
    return (await uploads.abort(store, target.key)) ? ONE : "no-upload";
  },
  async LIST_PARTS({ target }, store, { uploads }) {
    const parts = await uploads.listParts(store, target.key);
    return parts === undefined ? "no-upload" : { bytes: 0, objects: parts };
  },
  async MULTIPART_LIST({ row, target }, store, { signal }) {
    let objects = 0;
    for await (const _ of store.listMultiparts({ prefix: target.key, signal })) {
      if (++objects >= row.objects) break;
    }
    return { bytes: 0, objects };
  },
};

/** Does what a row of the log did, or says why it cannot be done. */
export function performOperation(
  operation: PlannedOperation,
  store: ObjectStore,
  context: PerformContext,
): Promise<Moved | SkipReason> {
  return PERFORM[operation.word](operation, store, context);
}

/** Bytes that nothing compresses, others for each row. */
function contentOf({ index, bytes }: OpLogEntry, seed: string): ReplayableBody {
  return generateObject({ type: "RAW", seed, index, size: bytes });
}

/**
 * Reads what the log read and throws it away. Where the log tells no offset, that is the whole object,
 * or as many bytes of its beginning as were read.
 */
async function read(
  { row, target }: PlannedOperation,
  store: ObjectStore,
  context: PerformContext,
): Promise<Moved> {
  const { signal } = context;
  // A read that failed tells no size.
  const wanted = row.error === "" ? row.bytes : Number.POSITIVE_INFINITY;
  const beginning = context.readsBeginnings && wanted > 0 && wanted < Number.POSITIVE_INFINITY;
  const start = row.offset ?? 0;
  const range =
    row.offset !== undefined || beginning
      ? // HTTP cannot ask for nothing.
        { start, end: start + Math.max(1, row.bytes) }
      : undefined;
  const { body, meta } = await store.get(target.key, { range, signal });
  const isLonger = range === undefined && meta.size > wanted;
  if (isLonger) context.readsBeginnings = true;
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    // Ending the body early costs the connection, but not the rest of a large object.
    if (isLonger && bytes >= wanted) break;
  }
  return { bytes, objects: 1 };
}

/** Pages of a listing until as many entries have come as in the log, at least one page. */
async function list(
  { row, target }: PlannedOperation,
  store: ObjectStore,
  { signal }: PerformContext,
): Promise<Moved> {
  const wanted = row.error === "" ? row.objects : 0;
  const pageSize = wanted > 0 && wanted < 1000 ? wanted : 1000;
  let objects = 0;
  for await (const page of store.listPages({ prefix: target.key, pageSize, signal })) {
    objects += page.objects.length + page.prefixes.length;
    if (objects >= wanted) break;
  }
  return { bytes: 0, objects };
}

/** One put where the store takes it, else parts. */
export async function writeContent(
  store: ObjectStore,
  key: string,
  content: ReplayableBody,
  options: WriteOptions,
): Promise<void> {
  if (content.length <= store.capabilities.maxPutBytes) {
    await store.put(key, content, options);
    return;
  }
  const writer = store.writable(key, options);
  try {
    for await (const chunk of content.stream()) await writer.write(chunk);
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
