import { LodeError } from "../../errors.js";
import {
  indexTfRecords,
  parseTfRecordIndex,
  readTfRecordAt,
  type TfRecordEntry,
  type TfRecordOptions,
} from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { MapDataset } from "../dataset.js";
import { inParallel } from "./in-parallel.js";
import { Partition } from "./partition.js";
import { type ListedObject, type ObjectSelection, selectObjects } from "./select-objects.js";
import { shardFailure } from "./shard-set.js";
import { storeReader } from "./store-reader.js";

export interface TfRecordIndexDatasetOptions extends ObjectSelection, TfRecordOptions {
  /**
   * Where the places of records come from: `files` reads an index beside each file, under its name and `.idx`,
   * of DALI's form or the binary one; `scan`, the default, reads the headers of all records.
   */
  readonly index?: "files" | "scan" | undefined;
}

const FILES_AT_ONCE = 16;

/**
 * The data of single records of uncompressed TFRecord files, each by one request. Throws here, with the file, what
 * is wrong with an index or a header: `not-found`, `corrupt-format`, `integrity`.
 */
export async function tfrecordIndexDataset(
  store: ObjectStore,
  options: TfRecordIndexDatasetOptions,
): Promise<MapDataset<Uint8Array>> {
  const { index = "scan", verify, legacyCrc, maxRecordBytes, signal } = options;
  const reading: TfRecordOptions = { verify, legacyCrc, maxRecordBytes };
  const objects = await selectObjects(store, options, [".tfrecord", ".tfrecords"]);
  const entries = new Array<readonly TfRecordEntry[]>(objects.length);
  await inParallel(objects.length, FILES_AT_ONCE, signal, async (file, either) => {
    const object = objects[file] as ListedObject;
    try {
      entries[file] =
        index === "files"
          ? await readIndexFile(store, object, either)
          : await scan(store, object, reading, either);
    } catch (error) {
      throw shardFailure(error, store.uriOf(object.key));
    }
  });
  const parts = new Partition(entries.map(({ length }) => length));
  const find = (item: number) => {
    const { part, at } = parts.find(item);
    return { object: objects[part] as ListedObject, entry: entries[part]?.[at] as TfRecordEntry };
  };
  return {
    kind: "map",
    length: parts.length,
    uriOf(item) {
      const { object, entry } = find(item);
      return `${store.uriOf(object.key)}#${entry.offset}`;
    },
    byteLengthOf: (item) => find(item).entry.length,
    async get(item, { signal } = {}) {
      const { object, entry } = find(item);
      try {
        return await readTfRecordAt(storeReader(store, object, { signal }), entry, reading);
      } catch (error) {
        throw shardFailure(error, store.uriOf(object.key));
      }
    },
  };
}

async function scan(
  store: ObjectStore,
  object: ListedObject,
  options: TfRecordOptions,
  signal: AbortSignal,
): Promise<TfRecordEntry[]> {
  const entries: TfRecordEntry[] = [];
  const reader = storeReader(store, object, { signal });
  for await (const entry of indexTfRecords(reader, { ...options, signal })) entries.push(entry);
  return entries;
}

async function readIndexFile(
  store: ObjectStore,
  { key, size }: ListedObject,
  signal: AbortSignal,
): Promise<TfRecordEntry[]> {
  const entries = parseTfRecordIndex(await store.bytes(`${key}.idx`, { signal }));
  const beyond = entries.find(({ offset, length }) => offset + length > size);
  if (beyond === undefined) return entries;
  throw new LodeError({
    code: "corrupt-format",
    message: `its index ${key}.idx has a record at byte ${beyond.offset} of ${beyond.length} bytes, and the file has ${size}: the index is of another file`,
  });
}
