import { LodeError } from "../../errors.js";
import { bytesReader, type NpyArray, type NpzArchive, openNpz } from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { MapDataset, ReadItemOptions } from "../dataset.js";
import { inParallel } from "./in-parallel.js";
import { itemAt } from "./item-at.js";
import { Partition } from "./partition.js";
import { checkReadOptions, type ObjectReadOptions, readCall, readObject } from "./read-object.js";
import { type ListedObject, type ObjectSelection, selectObjects } from "./select-objects.js";
import { shardFailure } from "./shard-set.js";
import { storeReader } from "./store-reader.js";

export interface NpzDatasetOptions extends ObjectSelection, ObjectReadOptions {
  /**
   * What an item is: `files`, the default, all arrays of one file; `rows` one step along the first axis of the arrays,
   * which must be as long in all arrays of a file, and stored uncompressed.
   */
  readonly items?: "files" | "rows" | undefined;
  /** The arrays that are read, by name; all unless given. */
  readonly arrays?: readonly string[] | undefined;
}

/** Arrays by their names. */
export type NpzItem = Readonly<Record<string, NpyArray>>;

const FILES_AT_ONCE = 16;

/**
 * NumPy's .npz files. Whole files are verified by the checksums of their members; rows have none. With `rows` the
 * headers of all files are read here. Throws `not-found` where nothing is selected, and with the file
 * `corrupt-format`, `integrity`, `unsupported` for what it cannot read and `not-found` for an array that is not there.
 */
export async function npzDataset(
  store: ObjectStore,
  options: NpzDatasetOptions,
): Promise<MapDataset<NpzItem>> {
  checkReadOptions(options);
  const objects = await selectObjects(store, options, [".npz"]);
  return options.items === "rows"
    ? rowDataset(store, objects, options)
    : fileDataset(store, objects, options);
}

function fileDataset(
  store: ObjectStore,
  objects: readonly ListedObject[],
  options: NpzDatasetOptions,
): MapDataset<NpzItem> {
  async function read(object: ListedObject, given?: ReadItemOptions): Promise<NpzItem> {
    const call = readCall(options, given);
    const { signal } = call;
    const reader =
      options.arrays === undefined
        ? bytesReader(await readObject(store, object, call))
        : storeReader(store, object, call);
    const archive = await openNpz(reader, { signal });
    const items: [string, NpyArray][] = [];
    for (const name of options.arrays ?? archive.names) {
      items.push([name, await archive.read(name, { signal })]);
    }
    return Object.fromEntries(items);
  }
  return {
    kind: "map",
    takesReaderMode: true,
    length: objects.length,
    uriOf: (index) => store.uriOf(itemAt(objects, index).key),
    byteLengthOf: (index) => itemAt(objects, index).size,
    async get(index, given) {
      const object = itemAt(objects, index);
      try {
        return await read(object, given);
      } catch (error) {
        throw shardFailure(error, store.uriOf(object.key));
      }
    },
  };
}

/** A file whose rows are items. */
interface RowFile {
  readonly uri: string;
  readonly archive: NpzArchive;
  readonly names: readonly string[];
  readonly rows: number;
  /** Of one row of all arrays. */
  readonly rowBytes: number;
}

async function rowDataset(
  store: ObjectStore,
  objects: readonly ListedObject[],
  options: NpzDatasetOptions,
): Promise<MapDataset<NpzItem>> {
  const files = new Array<RowFile>(objects.length);
  await inParallel(objects.length, FILES_AT_ONCE, options.signal, async (index, signal) => {
    const object = objects[index] as ListedObject;
    const uri = store.uriOf(object.key);
    try {
      const archive = await openNpz(storeReader(store, object), { signal });
      files[index] = await rowFile(uri, archive, options.arrays ?? archive.names, signal);
    } catch (error) {
      throw shardFailure(error, uri);
    }
  });
  const parts = new Partition(files.map(({ rows }) => rows));
  const find = (index: number) => {
    const { part, at } = parts.find(index);
    return { file: files[part] as RowFile, row: at };
  };
  return {
    kind: "map",
    length: parts.length,
    uriOf(index) {
      const { file, row } = find(index);
      return `${file.uri}#${row}`;
    },
    byteLengthOf: (index) => find(index).file.rowBytes,
    async get(index, { signal } = {}) {
      const { file, row } = find(index);
      try {
        const arrays = await Promise.all(
          file.names.map((name) => file.archive.readRows(name, row, row + 1, { signal })),
        );
        return Object.fromEntries(
          arrays.map((array, i) => [file.names[i], { ...array, shape: array.shape.slice(1) }]),
        );
      } catch (error) {
        throw shardFailure(error, file.uri);
      }
    },
  };
}

async function rowFile(
  uri: string,
  archive: NpzArchive,
  names: readonly string[],
  signal: AbortSignal,
): Promise<RowFile> {
  let rows: number | undefined;
  let rowBytes = 0;
  for (const name of names) {
    if (archive.entry(name).compression !== "stored") {
      throw new LodeError({
        code: "unsupported",
        message: `rows of its compressed array ${JSON.stringify(name)} cannot be read; read whole files (items: "files"), or write it with numpy.savez`,
      });
    }
    const { shape, dataBytes } = await archive.readHeader(name, { signal });
    const length = shape[0];
    if (length === undefined || (rows !== undefined && length !== rows)) {
      throw new LodeError({
        code: "invalid-argument",
        message: `its array ${JSON.stringify(name)} has ${length ?? "no"} rows where ${rows ?? "some"} are expected; choose arrays of the same first axis (arrays)`,
      });
    }
    rows = length;
    rowBytes += length === 0 ? 0 : dataBytes / length;
  }
  return { uri, archive, names, rows: rows ?? 0, rowBytes };
}
