import {
  type BlobFacts,
  type BlobStore,
  blobDigest,
  type Digest,
  type StoredBlob,
  type WriteSession,
} from "../../cas/index.js";
import { holdIfThere, storeTree, TreeInput } from "../trees/index.js";
import { checkFormat, chooseCodec } from "./choose-codec.js";
import { FileInput, ParquetFileInput } from "./file-input.js";
import { storeFile } from "./store-file.js";
import { storeParquetFile } from "./store-parquet-file.js";
import type { StoredValue, StoreValueOptions } from "./stored-value.js";

/**
 * Stores a value, unless the store has an equal one; the session holds it then. What it is decides how:
 *
 * - `Uint8Array`, `ArrayBuffer`: bytes. Strings: text, never a path; `fileOf`, `parquetFile` and `treeOf` name paths;
 * - typed arrays and `{ dtype, shape, data }`: .npy;
 * - what `tableOf` gives, tables of apache-arrow, plain objects of arrays with a typed array among them: Parquet;
 * - plain objects, arrays, numbers, booleans, null: canonical JSON. So are arrays of records: they come back as they
 *   are; `tableOf(records)` or `format: "parquet"` makes a table of them, whose columns have types.
 *
 * Throws `invalid-argument`, before anything is written, for all else. The value must not be changed until this ends.
 */
export async function storeValue(
  session: WriteSession,
  store: BlobStore,
  data: unknown,
  options: StoreValueOptions,
): Promise<StoredValue> {
  const { name, format, metadata, layout, signal, onProgress } = options;
  if (format !== undefined) checkFormat(format);
  if (data instanceof TreeInput) {
    const tree = await storeTree(session, store, data, { name, metadata, signal, onProgress });
    return { ...tree, type: "tree", format: "tree" };
  }
  if (data instanceof FileInput) return storeFile(session, data, options);
  if (data instanceof ParquetFileInput) return storeParquetFile(session, data, options);
  if (data instanceof Uint8Array && format === "parquet" && options.codec === undefined) {
    return storeParquetFile(session, new ParquetFileInput(data), options);
  }

  const chosen = chooseCodec(data, options);
  const { codec, value } = chosen;
  const { digest, ...facts } = (await codec.describe?.(value, { signal })) ?? {};
  const what = { type: codec.type, format: chosen.format, ...facts };
  const known = await findHeld(session, store, digest, chosen.format, signal);
  if (digest !== undefined && known !== undefined) {
    const { size: bytes } = known;
    onProgress?.({ bytes, storedBytes: 0, reusedBytes: bytes });
    return { ...known, ...what, digest };
  }
  const source = await codec.encode(value, { signal });
  const stored = await session.put(
    source,
    { name, ...what, digest, metadata },
    { layout, signal, onProgress },
  );
  return { ...stored, ...what, digest: digest ?? blobDigest(stored.id) };
}

/** A blob of an equal value in this format, which the session holds from now on. */
async function findHeld(
  session: WriteSession,
  store: BlobStore,
  digest: Digest | undefined,
  format: string,
  signal: AbortSignal | undefined,
): Promise<StoredBlob | undefined> {
  if (digest === undefined) return undefined;
  const found = await store.findDigest(digest, { signal });
  if (found?.format !== format) return undefined;
  const held = await holdIfThere(session, found.id, signal);
  return held && asExisting(held);
}

function asExisting(facts: BlobFacts): StoredBlob {
  const none = { storedBytes: 0, newBytes: 0, newChunks: 0, reusedChunks: 0 };
  return { ...facts, ...none, existed: true, reusedBytes: facts.size };
}
