import { LodeError } from "../../errors.js";
import {
  type ParquetMetadata,
  type ParquetReadOptions,
  type ParquetRows,
  readParquet,
  readParquetMetadata,
} from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { MapDataset } from "../dataset.js";
import { inParallel } from "./in-parallel.js";
import { itemAt } from "./item-at.js";
import { type ListedObject, type ObjectSelection, selectObjects } from "./select-objects.js";
import { shardFailure } from "./shard-set.js";
import { storeReader } from "./store-reader.js";

export interface ParquetDatasetOptions
  extends ObjectSelection,
    Pick<ParquetReadOptions, "columns" | "maxGroupBytes" | "maxGroupValues"> {}

interface RowGroup {
  readonly object: ListedObject;
  readonly metadata: ParquetMetadata;
  readonly number: number;
  readonly rowStart: number;
  readonly rowEnd: number;
  /** Of the chosen columns, decompressed. */
  readonly bytes: number;
}

const FILES_AT_ONCE = 16;

/**
 * The row groups of Parquet files, one an item; empty ones are left out. The footer of each file is read once, here.
 * Only the chosen columns are read. Throws, with the file, what `readParquetMetadata` and `readParquet` throw.
 */
export async function parquetDataset(
  store: ObjectStore,
  options: ParquetDatasetOptions,
): Promise<MapDataset<ParquetRows>> {
  const { columns, maxGroupBytes, maxGroupValues } = options;
  const objects = await selectObjects(store, options, [".parquet"]);
  const files = new Array<readonly RowGroup[]>(objects.length);
  await inParallel(objects.length, FILES_AT_ONCE, options.signal, async (file, signal) => {
    const object = objects[file] as ListedObject;
    try {
      const reader = storeReader(store, object, { signal });
      files[file] = groupsOf(object, await readParquetMetadata(reader, { signal }), columns);
    } catch (error) {
      throw shardFailure(error, store.uriOf(object.key));
    }
  });
  const groups = files.flat();
  return {
    kind: "map",
    length: groups.length,
    uriOf(index) {
      const { object, number } = itemAt(groups, index);
      return `${store.uriOf(object.key)}#${number}`;
    },
    byteLengthOf: (index) => itemAt(groups, index).bytes,
    async get(index, { signal } = {}) {
      const { object, metadata, rowStart, rowEnd } = itemAt(groups, index);
      const uri = store.uriOf(object.key);
      const reading = {
        columns,
        maxGroupBytes,
        maxGroupValues,
        metadata,
        rowStart,
        rowEnd,
        signal,
      };
      try {
        for await (const rows of readParquet(storeReader(store, object, { signal }), reading)) {
          return rows;
        }
      } catch (error) {
        throw shardFailure(error, uri);
      }
      throw new LodeError({ code: "unexpected", message: `${uri} gave no rows`, uri });
    },
  };
}

function groupsOf(
  object: ListedObject,
  metadata: ParquetMetadata,
  columns: readonly string[] | undefined,
): RowGroup[] {
  const groups: RowGroup[] = [];
  let rowStart = 0;
  for (const [number, group] of metadata.file.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows);
    let bytes = 0;
    for (const { meta_data } of group.columns) {
      const name = meta_data?.path_in_schema[0];
      if (name === undefined || (columns !== undefined && !columns.includes(name))) continue;
      bytes += Number(meta_data?.total_uncompressed_size ?? 0);
    }
    if (rowEnd > rowStart) groups.push({ object, metadata, number, rowStart, rowEnd, bytes });
    rowStart = rowEnd;
  }
  return groups;
}
