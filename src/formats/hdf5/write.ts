import { LodeError } from "../../errors.js";
import { checkDatasetPath } from "./dataset-name.js";
import { type Hdf5Library, loadHdf5 } from "./library.js";

/** Elements that are written; the dtype is that of the array, texts become UTF-8 of any length. */
export type Hdf5WriteData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | readonly string[];

/** A dataset to be written. */
export interface Hdf5WriteDataset {
  readonly data: Hdf5WriteData;
  /** Elements along each axis, outermost first; one axis unless given. */
  readonly shape?: readonly number[] | undefined;
  readonly attributes?: Readonly<Record<string, string | number | Hdf5WriteData>> | undefined;
}

/** The file is made in the library's memory, which ends at 2 GiB. */
const MAX_BYTES = 1024 ** 3;
/** For all of it, far more than that takes. */
const MAX_MS = 10 * 60 * 1000;

/**
 * An HDF5 file of these datasets, contiguous and uncompressed, made in memory by HDF5's own library. Slashes in a name
 * make groups. Throws `invalid-argument` for names, shapes and data that cannot be, and for more than 1 GiB: see
 * `hdf5Layout` for files of any size.
 */
export async function writeHdf5(
  datasets: Readonly<Record<string, Hdf5WriteDataset>>,
): Promise<Uint8Array> {
  const entries = Object.entries(datasets);
  for (const [name, dataset] of entries) check(name, dataset);
  const total = entries.reduce((sum, [, { data }]) => sum + bytesOf(data), 0);
  if (total > MAX_BYTES) {
    throw invalid(`${total} bytes are more than the ${MAX_BYTES} that are made in memory`);
  }
  const library = await loadHdf5();
  const path = library.newPath();
  try {
    return library.call("writing", MAX_MS, () => writeFile(library, path, entries));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error), error);
  }
}

function writeFile(
  library: Hdf5Library,
  path: string,
  entries: readonly [string, Hdf5WriteDataset][],
): Uint8Array {
  const file = new library.package.File(path, "w");
  const groups = new Set<string>();
  try {
    for (const [name, { data, shape, attributes = {} }] of entries) {
      for (const group of groupsOf(name)) {
        if (!groups.has(group)) file.create_group(group);
        groups.add(group);
      }
      const lengths = [...(shape ?? [data.length])];
      const written = file.create_dataset({ name, data: data as string[], shape: lengths });
      for (const [key, value] of Object.entries(attributes)) {
        written.create_attribute(key, value as string[]);
      }
    }
  } finally {
    file.close();
  }
  const bytes = library.take(path);
  library.checkReason();
  return bytes;
}

/** `a/b/c` is in `a` and `a/b`. */
function groupsOf(name: string): string[] {
  const folders = name.split("/").slice(0, -1);
  return folders.map((_, i) => folders.slice(0, i + 1).join("/"));
}

function check(name: string, { data, shape }: Hdf5WriteDataset): void {
  checkDatasetPath(name);
  const elements = (shape ?? [data.length]).reduce((total, n) => total * n, 1);
  if (shape?.some((n) => !Number.isSafeInteger(n) || n < 0) || elements !== data.length) {
    throw invalid(
      `shape (${shape?.join(", ")}) of ${JSON.stringify(name)} does not fit ${data.length} elements`,
    );
  }
}

function bytesOf(data: Hdf5WriteData): number {
  if (ArrayBuffer.isView(data)) return data.byteLength;
  return data.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function invalid(why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the HDF5 file cannot be written: ${why}`,
    cause,
  });
}
