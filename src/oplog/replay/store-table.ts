import { LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";

/** Stores that a log may name. */
const MAX_STORES = 256;

/** The stores of a replay, each asked for once. */
export class StoreTable {
  readonly #stores = new Map<string, Promise<ObjectStore>>();
  readonly #open: (uri: string) => Promise<ObjectStore>;

  constructor(open: (uri: string) => Promise<ObjectStore>) {
    this.#open = open;
  }

  store(uri: string): Promise<ObjectStore> {
    let store = this.#stores.get(uri);
    if (store === undefined) {
      if (this.#stores.size >= MAX_STORES) return tooMany();
      store = this.#open(uri);
      this.#stores.set(uri, store);
    }
    return store;
  }
}

async function tooMany(): Promise<never> {
  throw new LodeError({
    code: "invalid-argument",
    message: `the log names more than ${MAX_STORES} stores: put them below one with --to`,
  });
}
