import type { BlobStore } from "../../../src/cas/index.js";
import { type Table, type TableRecord, tableRecords } from "../../../src/formats/index.js";
import {
  loadValue,
  type StoredValue,
  type StoreValueOptions,
  storeValue,
  type ValueCodec,
} from "../../../src/runs/values/index.js";
import { inSession } from "../blob-places.js";

/** Stores one value in a session of its own. */
export function store(
  blobs: BlobStore,
  data: unknown,
  options: Partial<StoreValueOptions> = {},
): Promise<StoredValue> {
  return inSession(blobs, (session) =>
    storeValue(session, blobs, data, { name: "value", ...options }),
  );
}

export function load(
  blobs: BlobStore,
  { id, format, type }: StoredValue,
  codecs: ValueCodec[] = [],
) {
  return loadValue(blobs, { hash: id, format, type }, { codecs });
}

export function rows(table: unknown): Promise<TableRecord[]> {
  return tableRecords(table as Table);
}

export const RECORDS = [
  { a: 1, b: "x", c: null },
  { a: 2.5, b: "", c: true },
];
