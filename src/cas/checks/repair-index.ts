import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { type PackFooter, putIndex, readIndex } from "../packs/index.js";

/** An index object ends above this size. */
const FULL_BYTES = 8 * 1024 * 1024;

/** Writes index objects anew without packs that are gone or damaged: the new one first, so that readers miss nothing. */
export async function dropFromIndex(
  store: ObjectStore,
  isGood: (pack: string) => Promise<boolean>,
  { signal }: CallOptions,
): Promise<void> {
  for await (const { key } of store.list({ prefix: "index/", signal })) {
    let footers: PackFooter[];
    try {
      footers = await readIndex(store, key, { signal });
    } catch (error) {
      // Written anew by a collection, or damaged: that is another finding.
      if (isLodeError(error, "not-found", "integrity")) continue;
      throw error;
    }
    const good: PackFooter[] = [];
    for (const footer of footers) if (await isGood(footer.pack)) good.push(footer);
    if (good.length === footers.length) continue;
    if (good.length > 0) await putIndex(store, good, { signal });
    await store.delete(key, { signal });
  }
}

/** Gathers footers of packs and writes index objects for them. */
export class IndexWriter {
  readonly #store: ObjectStore;
  #footers: PackFooter[] = [];
  #bytes = 0;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async add(footer: PackFooter, options: CallOptions): Promise<void> {
    this.#footers.push(footer);
    this.#bytes += footer.bytes.length;
    if (this.#bytes >= FULL_BYTES) await this.flush(options);
  }

  async flush(options: CallOptions): Promise<void> {
    if (this.#footers.length > 0) await putIndex(this.#store, this.#footers, options);
    this.#footers = [];
    this.#bytes = 0;
  }
}
