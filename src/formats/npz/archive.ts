import { LodeError } from "../../errors.js";
import {
  type NpyArray,
  type NpyHeader,
  readNpy,
  readNpyHeader,
  readNpyRows,
} from "../npy/index.js";
import { bytesReader, type RangeReader } from "../range-reader.js";
import {
  openStoredMember,
  readZipDirectory,
  readZipMember,
  type ZipDirectoryOptions,
  type ZipEntry,
  type ZipReadOptions,
  zipMemberChunks,
} from "../zip/index.js";

export type NpzOpenOptions = ZipDirectoryOptions;

export type NpzReadOptions = ZipReadOptions;

const SUFFIX = ".npy";
/** A header of 1 MiB and its prefix: what is inflated at most to read a header alone. */
const HEADER_BYTES = 1024 * 1024 + 12;

/** Opens an .npz by its directory; no array is read. Throws as `readZipDirectory` does. */
export async function openNpz(
  reader: RangeReader,
  options: NpzOpenOptions = {},
): Promise<NpzArchive> {
  return new NpzArchive(reader, await readZipDirectory(reader, options));
}

/** The arrays of an .npz. Members that are no .npy are not shown. */
export class NpzArchive {
  readonly #reader: RangeReader;
  readonly #entries = new Map<string, ZipEntry>();
  /** What was found of stored members, so that reading more rows costs one read. */
  readonly #opened = new Map<
    string,
    { readonly member: RangeReader; readonly header: NpyHeader }
  >();

  constructor(reader: RangeReader, entries: readonly ZipEntry[]) {
    this.#reader = reader;
    for (const entry of entries) {
      if (entry.name.endsWith(SUFFIX)) {
        this.#entries.set(entry.name.slice(0, -SUFFIX.length), entry);
      }
    }
  }

  /** Names as numpy shows them, without `.npy`, in the order of the archive's directory. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** The member behind an array: sizes, compression, checksum. Throws `not-found`. */
  entry(name: string): ZipEntry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    const some = this.names.slice(0, 5).map((other) => JSON.stringify(other));
    throw new LodeError({
      code: "not-found",
      message: `the npz has no array ${JSON.stringify(name)}; it has ${this.#entries.size}, among them: ${some.join(", ")}`,
    });
  }

  /** Type and shape of an array, without its elements. */
  async readHeader(name: string, options: NpzReadOptions = {}): Promise<NpyHeader> {
    const entry = this.entry(name);
    if (entry.compression === "stored") return (await this.#open(name, options)).header;
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of zipMemberChunks(this.#reader, entry, options)) {
      parts.push(chunk);
      length += chunk.length;
      if (length >= HEADER_BYTES) break;
    }
    const beginning = Buffer.concat(parts);
    return readNpyHeader({ ...bytesReader(beginning), size: entry.size }, options);
  }

  /** The whole array; its member's CRC-32 is verified. */
  async read(name: string, options: NpzReadOptions = {}): Promise<NpyArray> {
    const bytes = await readZipMember(this.#reader, this.entry(name), options);
    return readNpy(bytesReader(bytes), options);
  }

  /**
   * Rows `from` up to and without `to` of a stored array (see `readNpyRows`). The checksum of the
   * member is of all of it, so that rows alone are not verified. Throws `unsupported` for a
   * compressed member.
   */
  async readRows(
    name: string,
    from: number,
    to: number,
    options: NpzReadOptions = {},
  ): Promise<NpyArray> {
    const { member, header } = await this.#open(name, options);
    return readNpyRows(member, from, to, { ...options, header });
  }

  async #open(name: string, options: NpzReadOptions) {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const member = await openStoredMember(this.#reader, this.entry(name), options);
    const opened = { member, header: await readNpyHeader(member, options) };
    this.#opened.set(name, opened);
    return opened;
  }
}
