import { randomBytes } from "node:crypto";
import { sideBySide } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { indexKey } from "../keys.js";
import type { ChunkIndex } from "./chunk-index.js";
import { encodeIndex, parseIndex } from "./index-object.js";
import type { PackFooter } from "./pack-footer.js";

const PREFIX = "index/";
/** Index objects that are read at a time. */
const CONCURRENCY = 8;

/** Tells, in an object of its own, of the chunks of packs that are durable. Gives its id and size in bytes. */
export async function putIndex(
  store: ObjectStore,
  footers: readonly PackFooter[],
  options: CallOptions = {},
): Promise<{ id: string; bytes: number }> {
  const id = randomBytes(16).toString("hex");
  const body = encodeIndex(footers);
  await store.put(indexKey(id), body, { ...options, mode: "create" });
  return { id, bytes: body.length };
}

/** The footers that an index object holds. Throws `not-found`, and `integrity` for a damaged one. */
export async function readIndex(
  store: ObjectStore,
  key: string,
  options: CallOptions = {},
): Promise<PackFooter[]> {
  const bytes = await store.bytes(key, options);
  try {
    return parseIndex(bytes);
  } catch (error) {
    if (!isLodeError(error, "corrupt-format")) throw error;
    throw new LodeError({
      code: "integrity",
      message: `the index object ${key} is damaged: ${error.message}; it can be made again from its packs`,
      operation: "get",
      uri: store.uriOf(key),
      details: { key },
      cause: error,
    });
  }
}

/** Keeps a chunk index up to date with the index objects of its store. */
export class IndexLoader {
  readonly #store: ObjectStore;
  readonly #index: ChunkIndex;
  readonly #loaded = new Set<string>();

  constructor(store: ObjectStore, index: ChunkIndex) {
    this.#store = store;
    this.#index = index;
  }

  /** Of an object whose chunks the index has already. */
  known(id: string): void {
    this.#loaded.add(indexKey(id));
  }

  /** Reads what was added since. Packs for which `without` is true are left out, also those that were read before. */
  async refresh(without: (pack: string) => boolean, signal?: AbortSignal): Promise<void> {
    this.#index.dropIf(without);
    const keys: string[] = [];
    for await (const { key } of this.#store.list({ prefix: PREFIX, signal })) {
      if (!this.#loaded.has(key)) keys.push(key);
    }
    await sideBySide(keys, CONCURRENCY, signal, async (key, inner) => {
      for (const footer of await this.#read(key, inner)) {
        if (!without(footer.pack)) this.#index.add(footer);
      }
      this.#loaded.add(key);
    });
  }

  /** An object that was compacted since it was listed is in another one; what that tells is found next time. */
  async #read(key: string, signal: AbortSignal): Promise<PackFooter[]> {
    try {
      return await readIndex(this.#store, key, { signal });
    } catch (error) {
      if (isLodeError(error, "not-found")) return [];
      throw error;
    }
  }
}
