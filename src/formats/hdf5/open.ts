import type { Metadata } from "h5wasm";
import { LodeError } from "../../errors.js";
import { dtypeOf, type Hdf5Array, type Hdf5Dtype, numbersFrom, stringsFrom } from "./elements.js";
import { type Hdf5Library, type Hdf5Module, type Hdf5Source, loadHdf5 } from "./library.js";
import { type Hdf5AttributeValue, readAttribute } from "./read-attribute.js";
import { type RowRange, readBlock, rowBlocks } from "./read-block.js";

/** A dataset in a file. */
export interface Hdf5Dataset {
  /** With its groups, without a slash in front. */
  readonly name: string;
  /** Undefined for types that are not read, such as records and references. */
  readonly dtype: Hdf5Dtype | undefined;
  /** Elements along each axis, outermost first; undefined for a dataset without any. */
  readonly shape: readonly number[] | undefined;
}

export interface Hdf5OpenOptions {
  /**
   * How long the library may work before it is stopped with `corrupt-format`, for it can run in circles on a damaged
   * file: for each step of opening and listing, and each 16 MiB that are read. 20 seconds unless given.
   */
  readonly maxCallMs?: number | undefined;
}

export interface Hdf5ReadOptions {
  /** The most that is read at once, in bytes of elements or characters of texts; 1 GiB unless given. `invalid-argument` beyond. */
  readonly maxBytes?: number | undefined;
}

const MAX_BYTES = 1024 ** 3;
const MAX_CALL_MS = 20_000;
/** Those that the library has built in: deflate, shuffle, fletcher32, n-bit and scale-offset. */
const FILTERS: ReadonlySet<number> = new Set([1, 2, 3, 5, 6]);

/**
 * Opens an HDF5 file by HDF5's own library, compiled to WebAssembly. It reads nothing but its source: links to other
 * files and external storage lead nowhere. Throws `corrupt-format` for what is no intact HDF5 file.
 */
export async function openHdf5(
  source: Hdf5Source,
  options: Hdf5OpenOptions = {},
): Promise<Hdf5File> {
  const file = new Hdf5File(source, options);
  try {
    await file.datasets();
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** An open HDF5 file. It holds memory of the library until it is closed. */
export class Hdf5File {
  readonly #source: Hdf5Source;
  readonly #maxCallMs: number;
  #open: { library: Hdf5Library; path: string; id: bigint } | undefined;
  #paths: ReadonlySet<string> | undefined;
  #closed = false;

  constructor(source: Hdf5Source, { maxCallMs = MAX_CALL_MS }: Hdf5OpenOptions) {
    this.#source = source;
    this.#maxCallMs = maxCallMs;
  }

  /** Every dataset of the file, soft and hard links to datasets too. */
  async datasets(): Promise<Hdf5Dataset[]> {
    const paths = await this.#allPaths();
    return this.#call("listing its datasets", (module, id, library) =>
      [...paths]
        .filter((name) => objectType(library, id, name) === module.H5G_DATASET)
        .map((name) => describe(name, module.get_dataset_metadata(id, name))),
    );
  }

  /** A whole dataset. Throws as {@link readRows}. */
  async read(name: string, options: Hdf5ReadOptions = {}): Promise<Hdf5Array> {
    return this.#elements(name, undefined, options);
  }

  /**
   * The elements from `from` up to and without `to` along the first axis. Throws `not-found` if there is no such
   * dataset, `unsupported` for its type, and `invalid-argument` for rows that are not there or more than `maxBytes`.
   */
  async readRows(
    name: string,
    from: number,
    to: number,
    options: Hdf5ReadOptions = {},
  ): Promise<Hdf5Array> {
    return this.#elements(name, { from, to }, options);
  }

  /** The attributes of a dataset or group; of the root group unless named. Throws `not-found`. */
  async attributes(path = "/"): Promise<Map<string, Hdf5AttributeValue>> {
    if (path !== "/") await this.#find(path);
    return this.#call(
      `reading the attributes of ${JSON.stringify(path)}`,
      (module, id, library) => {
        const type = objectType(library, id, path);
        if (type !== module.H5G_DATASET && type !== module.H5G_GROUP) throw notFound(path);
        const names = module.get_attribute_names(id, path);
        library.checkReason();
        return new Map(names.map((name) => [name, readAttribute(module, id, path, name)]));
      },
    );
  }

  /** Frees what the library holds. The file is not used after it. */
  close(): void {
    this.#closed = true;
    if (this.#open === undefined) return;
    const { library, path, id } = this.#open;
    this.#open = undefined;
    library.release(path, id);
  }

  async #elements(
    name: string,
    rows: RowRange | undefined,
    { maxBytes = MAX_BYTES }: Hdf5ReadOptions,
  ): Promise<Hdf5Array> {
    await this.#find(name);
    const what = `reading ${JSON.stringify(name)}`;
    const metadata = await this.#call(what, (module, id, library) => {
      if (objectType(library, id, name) !== module.H5G_DATASET) throw notFound(name);
      const filter = module.get_dataset_filters(id, name).find(({ id }) => !FILTERS.has(id));
      if (filter !== undefined) throw notRead(name, `has the filter ${filter.name || filter.id}`);
      return module.get_dataset_metadata(id, name);
    });
    const { dtype, shape } = describe(name, metadata);
    if (shape === undefined) throw notRead(name, "has no elements and no shape");
    if (dtype === undefined) {
      throw notRead(name, "has other elements than numbers, booleans and texts");
    }
    const taken = rows ?? { from: 0, to: shape[0] ?? 1 };
    checkRows(name, shape, taken);
    const count = taken.to - taken.from;
    const bytes = metadata.size * product(shape.slice(1)) * count;
    if (!(bytes <= maxBytes)) throw tooLarge(name, bytes, maxBytes);
    const texts: string[] = [];
    const target = new Uint8Array(dtype === "string" ? 0 : bytes);
    let filled = 0;
    let characters = 0;
    for (const block of bytes === 0 ? [] : rowBlocks(metadata, taken)) {
      await this.#call(what, (module, id) =>
        readBlock(module, id, name, metadata, block, (elements) => {
          if (dtype === "string") {
            for (const text of stringsFrom(metadata, elements, module)) {
              texts.push(text);
              characters += text.length;
            }
            // One text of the file can stand for any number of elements.
            if (characters > maxBytes) throw tooLarge(name, characters, maxBytes);
          } else target.set(elements, filled);
          filled += elements.length;
        }),
      );
    }
    const data = dtype === "string" ? texts : numbersFrom(dtype, target);
    return {
      dtype,
      shape: shape.length === 0 ? [] : [count, ...shape.slice(1)],
      data,
    } as Hdf5Array;
  }

  /** Every group, dataset and link, by its path. */
  async #allPaths(): Promise<ReadonlySet<string>> {
    this.#paths ??= await this.#call("listing what it has", (module, id, library) => {
      const paths = new Set(module.get_names(id, "/", true));
      library.checkReason();
      return paths;
    });
    return this.#paths;
  }

  /** Throws `not-found`: the library would tell of a missing path as it does of a damaged one. */
  async #find(path: string): Promise<void> {
    if (!(await this.#allPaths()).has(path)) throw notFound(path);
  }

  /** Work on the open file, which is opened anew if another file broke the library. */
  async #call<T>(
    what: string,
    work: (module: Hdf5Module, id: bigint, library: Hdf5Library) => T,
  ): Promise<T> {
    if (this.#closed) {
      throw new LodeError({
        code: "invalid-argument",
        message: "the HDF5 file was closed before; open it again",
      });
    }
    if (this.#open === undefined || this.#open.library.broken) {
      const library = await loadHdf5();
      this.#open = { library, ...library.open(this.#source, this.#maxCallMs) };
    }
    const { library, id } = this.#open;
    return library.call(what, this.#maxCallMs, (module) => work(module, id, library));
  }
}

/** The kind of object at a path; undefined where nothing is, also behind a link. */
function objectType(library: Hdf5Library, id: bigint, path: string): number | undefined {
  const { module } = library;
  const type = module.get_type(id, path);
  const reason = library.takeReason();
  if (reason === undefined) return type;
  // Links may lead nowhere, or in circles.
  if (module.get_symbolic_link(id, path)) return undefined;
  throw new Error(reason);
}

function describe(name: string, metadata: Metadata): Hdf5Dataset {
  return { name, dtype: dtypeOf(metadata), shape: metadata.shape ?? undefined };
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total * n, 1);
}

function checkRows(name: string, shape: readonly number[], { from, to }: RowRange): void {
  const rows = shape[0] ?? 1;
  if (Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= rows)
    return;
  throw new LodeError({
    code: "invalid-argument",
    message: `rows ${from} to ${to} are not in the HDF5 dataset ${JSON.stringify(name)} of shape (${shape.join(", ")})`,
  });
}

function notFound(name: string): LodeError {
  return new LodeError({
    code: "not-found",
    message: `the HDF5 file has no ${JSON.stringify(name)} of this kind; list its datasets to see what it has`,
  });
}

function notRead(name: string, why: string): LodeError {
  return new LodeError({
    code: "unsupported",
    message: `the HDF5 dataset ${JSON.stringify(name)} is not read: it ${why}`,
  });
}

function tooLarge(name: string, bytes: number, maxBytes: number): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${bytes} bytes of the HDF5 dataset ${JSON.stringify(name)} are more than maxBytes, ${maxBytes}; read fewer rows at once`,
  });
}
