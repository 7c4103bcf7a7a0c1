import { LodeError } from "../../errors.js";
import { corruptTar } from "./corrupt-tar.js";
import { BLOCK_BYTES, type HeaderBlock, paddedSize, parseHeaderBlock } from "./header-block.js";
import { unsafeName } from "./member-name.js";
import { decodeTarText, parsePaxRecords, SPARSE_PREFIX } from "./pax-records.js";
import type { TarInput } from "./tar-input.js";

/** A regular file in an archive. */
export interface TarEntry {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Where its content begins, in bytes from the archive's start. */
  readonly offset: number;
}

export interface TarReadOptions {
  /**
   * What happens at members that are no regular files: symbolic and hard links, devices, fifos and
   * unknown kinds. They are passed over unless told otherwise, never followed and never made. Folders are
   * passed over always.
   */
  readonly special?: "skip" | "refuse";
  /**
   * Whether an archive must end in a block of zeros, as all have that were written to their end. Without it
   * a file that was cut off between two members looks complete.
   */
  readonly end?: "required" | "optional";
}

/** More than any honest extended header has. */
const MAX_EXTENSION_BYTES = 1024 * 1024;

const code = (character: string) => character.charCodeAt(0);
const PAX = code("x");
const PAX_SOLARIS = code("X");
const PAX_GLOBAL = code("g");
const GNU_LONG_NAME = code("L");
const GNU_LONG_LINK = code("K");
const GNU_SPARSE = code("S");
const DIRECTORY = code("5");
/** POSIX, V7, and "contiguous", which all programs read like the first. */
const REGULAR = new Set([code("0"), 0, code("7")]);
/** Hard and symbolic links, character and block devices, folders, fifos. */
const WITHOUT_CONTENT = new Set(["1", "2", "3", "4", "5", "6"].map(code));

/**
 * Reads the headers of an archive, those of its extensions included: ustar, pax (`path`, `size`,
 * `linkpath`, also global), GNU long names and sizes in base 256, V7.
 */
export class MemberHeaders {
  readonly #input: TarInput;
  readonly #options: TarReadOptions;
  #global: ReadonlyMap<string, string> = new Map();
  #local: ReadonlyMap<string, string> | undefined;
  #longName: string | undefined;
  #any = false;

  constructor(input: TarInput, options: TarReadOptions) {
    this.#input = input;
    this.#options = options;
  }

  /**
   * The next regular file, with the input at its content, or undefined at the archive's end. The caller
   * passes over {@link paddedSize} of its size before it asks again. Throws `corrupt-format` for damage,
   * unsafe names and (where told) special members, `unsupported` for sparse files.
   */
  async next(): Promise<TarEntry | undefined> {
    for (;;) {
      const offset = this.#input.position;
      const block = this.#input.ready(BLOCK_BYTES) ?? (await this.#input.take(BLOCK_BYTES));
      const header = block === undefined ? undefined : parseHeaderBlock(block, offset);
      if (header === undefined) {
        this.#checkEnd(offset, block !== undefined);
        return undefined;
      }
      this.#any = true;
      if (await this.#extension(header, offset)) continue;
      const entry = this.#entry(header, offset);
      this.#local = undefined;
      this.#longName = undefined;
      if (REGULAR.has(header.type) && !entry.name.endsWith("/")) return entry;
      await this.#passOver(header, entry, offset);
    }
  }

  #checkEnd(offset: number, hasMark: boolean): void {
    if (this.#local !== undefined || this.#longName !== undefined) {
      throw corruptTar(offset, "it ends behind an extended header, without the member");
    }
    if (hasMark || (this.#options.end === "optional" && this.#any)) return;
    throw corruptTar(offset, "it ends without the mark of its end, so members may be missing");
  }

  /** Whether the header was one of an extension, which is then taken in. */
  async #extension(header: HeaderBlock, offset: number): Promise<boolean> {
    switch (header.type) {
      case PAX:
      case PAX_SOLARIS: {
        const records = parsePaxRecords(await this.#content(header, offset), offset + BLOCK_BYTES);
        this.#local = records;
        return true;
      }
      case PAX_GLOBAL: {
        const records = parsePaxRecords(await this.#content(header, offset), offset + BLOCK_BYTES);
        this.#global = new Map([...this.#global, ...records]);
        return true;
      }
      case GNU_LONG_NAME: {
        const bytes = await this.#content(header, offset);
        this.#longName = decodeTarText(bytes, offset).replace(/\0+$/, "");
        return true;
      }
      case GNU_LONG_LINK:
        await this.#content(header, offset);
        return true;
      default:
        return false;
    }
  }

  async #content(header: HeaderBlock, offset: number): Promise<Uint8Array> {
    if (header.size > MAX_EXTENSION_BYTES) {
      throw corruptTar(offset, `an extended header of ${header.size} bytes is too large`);
    }
    const padded = paddedSize(header.size);
    const bytes = this.#input.ready(padded) ?? (await this.#input.take(padded));
    if (bytes === undefined) throw corruptTar(offset, "it ends within an extended header");
    return bytes.subarray(0, header.size);
  }

  #entry(header: HeaderBlock, offset: number): TarEntry {
    const attribute = (key: string) => this.#local?.get(key) ?? this.#global.get(key);
    if (header.type === GNU_SPARSE || attribute(SPARSE_PREFIX)) {
      throw new LodeError({
        code: "unsupported",
        message: `the tar archive has a sparse file at byte ${offset}, which cannot be read; make it without --sparse`,
        details: { offset },
      });
    }
    // An empty value takes a global one back.
    const name = attribute("path") || this.#longName || decodeTarText(header.name, offset);
    const why = unsafeName(name);
    if (why !== undefined) throw corruptTar(offset, `a member is refused: ${why}`);
    return {
      name,
      size: paxSize(attribute("size"), offset) ?? header.size,
      offset: this.#input.position,
    };
  }

  async #passOver(header: HeaderBlock, entry: TarEntry, offset: number): Promise<void> {
    const isFolder = header.type === DIRECTORY || entry.name.endsWith("/");
    if (!isFolder && this.#options.special === "refuse") {
      const kind = JSON.stringify(String.fromCharCode(header.type));
      throw corruptTar(offset, `${JSON.stringify(entry.name)} is of kind ${kind}, no regular file`);
    }
    if (entry.size === 0) return;
    // Programs differ in whether content follows here, so that one would read another's content as headers.
    if (isFolder || WITHOUT_CONTENT.has(header.type)) {
      throw corruptTar(
        offset,
        `${JSON.stringify(entry.name)} is a folder, link or device with content`,
      );
    }
    await this.#input.skip(paddedSize(entry.size));
  }
}

function paxSize(text: string | undefined, offset: number): number | undefined {
  if (text === undefined || text === "") return undefined;
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size))
    throw corruptTar(offset, "a pax size is no number from 0 to 2^53");
  return size;
}
