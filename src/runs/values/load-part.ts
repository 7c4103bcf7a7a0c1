import { type BlobStore, checkBlobId } from "../../cas/index.js";
import {
  type NpyArray,
  type ParquetTableOptions,
  parquetTable,
  readNpyRows,
  type Table,
} from "../../formats/index.js";
import type { ValueRef } from "./stored-value.js";
import type { CodecCall } from "./value-codec.js";

/** Some columns, some rows of a stored table; the bytes of the others are not read. Throws as `parquetTable` does. */
export async function loadTable(
  store: BlobStore,
  ref: Pick<ValueRef, "hash">,
  options: ParquetTableOptions = {},
): Promise<Table> {
  const { signal } = options;
  return parquetTable(await store.rangeReader(checkBlobId(ref.hash), { signal }), options);
}

/** Rows `from` up to and without `to` of a stored array; no other element is read. Throws as `readNpyRows` does. */
export async function loadArrayRows(
  store: BlobStore,
  ref: Pick<ValueRef, "hash">,
  from: number,
  to: number,
  { signal }: CodecCall = {},
): Promise<NpyArray> {
  const reader = await store.rangeReader(checkBlobId(ref.hash), { signal });
  return readNpyRows(reader, from, to, { signal });
}
