import {
  compileGlob,
  formatStoreUri,
  globPrefix,
  hasGlob,
  parseStoreUri,
} from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { JsonValue, ParquetRows, Sample } from "../../formats/index.js";
import { type ObjectStore, type OpenOptions, openStore } from "../../storage/index.js";
import type { Dataset } from "../dataset.js";
import { JSONL_ENDINGS, jsonlDataset } from "./jsonl-dataset.js";
import { type NpzItem, npzDataset } from "./npz-dataset.js";
import { objectDataset } from "./object-dataset.js";
import { parquetDataset } from "./parquet-dataset.js";
import type { ObjectReadOptions } from "./read-object.js";
import { type ListedObject, type ObjectSelection, selectObjects } from "./select-objects.js";
import { TAR_ENDINGS, tarDataset } from "./tar-dataset.js";
import { TFRECORD_ENDINGS, tfrecordDataset } from "./tfrecord-dataset.js";

/** Formats of data sets, `objects` being whole objects as they are, and the endings that tell them. */
const ENDINGS = {
  tar: TAR_ENDINGS,
  tfrecord: TFRECORD_ENDINGS,
  npz: [".npz"],
  parquet: [".parquet"],
  jsonl: JSONL_ENDINGS,
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type DatasetFormat = keyof typeof ENDINGS | "objects";

export const DATASET_FORMATS = [...Object.keys(ENDINGS), "objects"] as readonly DatasetFormat[];

export type DatasetValue = Sample | Uint8Array | NpzItem | ParquetRows | JsonValue;

export interface DatasetAtOptions extends ObjectReadOptions {
  /** What the objects are; their endings tell unless given. */
  readonly format?: DatasetFormat | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface OpenedDataset {
  readonly format: DatasetFormat;
  readonly dataset: Dataset<DatasetValue>;
  /** The objects that it is made of, and their bytes as stored. */
  readonly objects: number;
  readonly bytes: number;
}

export interface OpenDatasetOptions extends DatasetAtOptions {
  readonly store?: OpenOptions | undefined;
}

/**
 * The data set at a URI: one object, a folder ending in `/` or the beginning of keys, or a pattern, of numbers as in
 * `train-{000..099}.tar` or a glob. The endings of its objects tell the format: `.tar`, `.tfrecord`, `.jsonl` (also as
 * `.gz` and `.zst`), `.npz`, `.parquet`; all others are read as whole objects. Close it in the end. Throws `not-found`
 * where there is nothing and `invalid-argument` for objects of several formats.
 */
export async function openDataset(
  uri: string,
  options: OpenDatasetOptions = {},
): Promise<OpenedDataset & AsyncDisposable & { close(): Promise<void> }> {
  const parsed = parseStoreUri(uri);
  const plain = hasGlob(parsed.key)
    ? parsed.key.slice(0, parsed.key.search(/[*?[\]{}\\]/))
    : parsed.key;
  const folder = plain.slice(0, plain.lastIndexOf("/") + 1);
  const parameters = new URLSearchParams(parsed.parameters).toString();
  const base = formatStoreUri({ ...parsed, key: folder.replace(/\/$/, "") });
  const store = await openStore(parameters === "" ? base : `${base}?${parameters}`, options.store);
  const close = () => store.close();
  try {
    const opened = await datasetAt(store, parsed.key.slice(folder.length), options);
    return { ...opened, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As {@link openDataset}, in a store that is open: `place` is a key, a beginning of keys or a pattern. */
export async function datasetAt(
  store: ObjectStore,
  place: string,
  options: DatasetAtOptions = {},
): Promise<OpenedDataset> {
  const { signal, format: given } = options;
  const listed = await selectObjects(store, { ...selectionOf(place), signal });
  const format = given ?? formatOf(listed, store.uriOf(place));
  const list = chosen(listed, format);
  const bytes = list.reduce((sum, { size }) => sum + size, 0);
  const dataset = await open(store, format, list, options);
  return { format, dataset, objects: list.length, bytes };
}

function selectionOf(place: string): ObjectSelection {
  if (/\{\d+\.\.\d+\}/.test(place)) return { keys: place };
  if (!hasGlob(place)) return { prefix: place };
  const glob = compileGlob(place);
  return { prefix: globPrefix(place), filter: (key) => glob.matches(key) };
}

function formatOfKey(key: string): DatasetFormat {
  for (const [format, endings] of Object.entries(ENDINGS)) {
    if (endings.some((ending) => key.endsWith(ending))) return format as DatasetFormat;
  }
  return "objects";
}

/** The format of all files that have one; what stands beside them (an index, a text) does not count. */
function formatOf(objects: readonly ListedObject[], where: string): DatasetFormat {
  const formats = new Set(objects.map(({ key }) => formatOfKey(key)));
  formats.delete("objects");
  const [first = "objects", second] = formats;
  if (second === undefined) return first;
  throw new LodeError({
    code: "invalid-argument",
    message: `${where} has objects of several formats (${[...formats].join(", ")}); say which one is meant (format)`,
    uri: where,
  });
}

function chosen(objects: readonly ListedObject[], format: DatasetFormat): readonly ListedObject[] {
  if (format === "objects") return objects;
  const endings: readonly string[] = ENDINGS[format];
  const fitting = objects.filter(({ key }) => endings.some((ending) => key.endsWith(ending)));
  // A format that is given counts for objects of any name.
  return fitting.length === 0 ? objects : fitting;
}

function open(
  store: ObjectStore,
  format: DatasetFormat,
  list: readonly ListedObject[],
  { readerMode, partSize, maxInflightParts, signal }: DatasetAtOptions,
): Promise<Dataset<DatasetValue>> {
  const reading = { readerMode, partSize, maxInflightParts, signal };
  switch (format) {
    case "tar":
      return tarDataset(store, { ...reading, list });
    case "tfrecord":
      return tfrecordDataset(store, { ...reading, list });
    case "jsonl":
      return jsonlDataset(store, { ...reading, list });
    case "npz":
      return npzDataset(store, { ...reading, list });
    case "parquet":
      return parquetDataset(store, { list, signal });
    case "objects":
      return objectDataset(store, { ...reading, list });
  }
}
