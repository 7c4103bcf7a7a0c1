import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isFsError } from "../../storage/local-disk/index.js";
import { SealedWriter } from "./sealed-file.js";

/** An entry in the making. Whatever fails, no part of it is left. */
export class EntryWriter {
  readonly #file: SealedWriter;
  readonly #from: string;
  readonly #to: string;

  private constructor(file: SealedWriter, from: string, to: string) {
    this.#file = file;
    this.#from = from;
    this.#to = to;
  }

  /** Writes into the empty file `from`, which then becomes the entry `to`. */
  static async open(from: string, to: string): Promise<EntryWriter> {
    return new EntryWriter(await SealedWriter.open(from), from, to);
  }

  write(piece: Uint8Array): Promise<void> {
    return this.#file.write(piece);
  }

  /** Readers have it from now on. */
  async publish(): Promise<void> {
    try {
      await this.#file.seal();
      await mkdir(dirname(this.#to), { recursive: true, mode: 0o700 });
      await rename(this.#from, this.#to);
    } catch (error) {
      // Another machine took it for left over: the entry is not made, which is no loss.
      if (!isFsError(error, "ENOENT")) throw error;
    } finally {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#from, { force: true });
  }
}
