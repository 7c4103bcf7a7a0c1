import { blobDigest, type WriteSession } from "../../cas/index.js";
import { isLodeError } from "../../errors.js";
import { bytesReader, parquetTable, type RangeReader } from "../../formats/index.js";
import { openStableFile, whileStable } from "../trees/index.js";
import { describeTable } from "./codecs/index.js";
import type { ParquetFileInput } from "./file-input.js";
import type { StoredValue, StoreValueOptions } from "./stored-value.js";
import type { ValueFacts } from "./value-codec.js";

/**
 * Stores exactly the bytes of a Parquet file, with the digest of the table in it. Of a file with columns that are not
 * read here the digest is that of its bytes.
 */
export async function storeParquetFile(
  session: WriteSession,
  { source }: ParquetFileInput,
  options: StoreValueOptions,
): Promise<StoredValue> {
  if (source instanceof Uint8Array) {
    return put(session, bytesReader(source), source, options);
  }
  return whileStable(source, async () => {
    await using file = await openStableFile(source);
    return await put(session, file, file.pieces(options.signal), options);
  });
}

async function put(
  session: WriteSession,
  reader: RangeReader,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  { name, metadata, layout, signal, onProgress }: StoreValueOptions,
): Promise<StoredValue> {
  const what = { type: "table", format: "parquet", ...(await factsOf(reader, signal)) };
  const stored = await session.put(
    bytes,
    { name, ...what, metadata },
    { layout, signal, onProgress },
  );
  return { ...stored, ...what, digest: what.digest ?? blobDigest(stored.id) };
}

async function factsOf(reader: RangeReader, signal?: AbortSignal): Promise<ValueFacts> {
  try {
    return await describeTable(await parquetTable(reader, { signal }), signal);
  } catch (error) {
    if (isLodeError(error, "unsupported")) return {};
    throw error;
  }
}
