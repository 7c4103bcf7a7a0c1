import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isFsError, liveness, processTag } from "../../storage/local-disk/index.js";

const NAME = /^([^-]+)-(\d+)-[0-9a-f]+$/;
/** Files of machines and containers that cannot be judged are taken for left over after so long. */
const DAY_MS = 86_400_000;

/**
 * Entries in the making: files whose names tell whose they are and how much disk is set aside for them, so that what a
 * process that was killed leaves is counted, and removed by the next one.
 */
export class Incoming {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A new empty file. */
  async create(bytes: number): Promise<string> {
    const path = join(this.#folder, `${processTag()}-${bytes}-${randomBytes(6).toString("hex")}`);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(path, "", { flag: "wx", mode: 0o600 });
    return path;
  }

  /** Bytes that are set aside, once what dead processes left is removed; `removed` files. */
  async tidy(): Promise<{ readonly bytes: number; readonly removed: number }> {
    let [bytes, removed] = [0, 0];
    for (const name of await namesIn(this.#folder)) {
      const [, tag = "", setAside] = NAME.exec(name) ?? [];
      if (setAside === undefined) continue;
      const path = join(this.#folder, name);
      if (await isLeft(path, tag)) {
        await rm(path, { force: true });
        removed++;
      } else bytes += Number(setAside);
    }
    return { bytes, removed };
  }
}

async function isLeft(path: string, tag: string): Promise<boolean> {
  const state = liveness(tag);
  if (state !== "unknown") return state === "dead";
  try {
    return Date.now() - (await lstat(path)).mtimeMs > DAY_MS;
  } catch (error) {
    if (isFsError(error, "ENOENT")) return true;
    throw error;
  }
}

/** What is in a folder; nothing if it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isFsError(error, "ENOENT")) return [];
    throw error;
  }
}
