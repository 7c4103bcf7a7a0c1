import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LodeError } from "../../errors.js";

/** A folder of the local disk that is filled under another name, and appears as a whole. */
export class FolderInMaking {
  readonly path: string;
  readonly #temporary: string;

  /** Throws `already-exists` unless the path is missing or an empty folder. */
  static async begin(path: string): Promise<FolderInMaking> {
    try {
      if ((await readdir(path)).length > 0) throw taken(path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOTDIR") throw taken(path, error);
      if (code !== "ENOENT") throw error;
    }
    const name = `.lode-load-${randomBytes(8).toString("hex")}`;
    return new FolderInMaking(path, join(dirname(path), name));
  }

  private constructor(path: string, temporary: string) {
    this.path = path;
    this.#temporary = temporary;
  }

  /** Where one of its files is to be written; the folder comes with the first. */
  file(name: string): string {
    return join(this.#temporary, name);
  }

  /** Makes it appear. Throws `already-exists`. */
  async publish(): Promise<void> {
    try {
      // Takes the place of an empty folder, and of nothing else.
      await rename(this.#temporary, this.path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(code)) throw taken(this.path, error);
      throw error;
    }
    const parent = await open(dirname(this.path));
    try {
      await parent.sync();
    } finally {
      await parent.close();
    }
  }

  async discard(): Promise<void> {
    await rm(this.#temporary, { recursive: true, force: true });
  }
}

function taken(path: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "already-exists",
    message: `${path} is there already: name a new or an empty folder`,
    uri: path,
    cause,
  });
}
