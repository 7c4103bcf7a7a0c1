import { formatStoreUri } from "../core/index.js";
import type { ObjectStore, OpenOptions } from "../storage/index.js";
import type { Location } from "./location.js";
import { splitAtContainer } from "./split-location.js";

/** Where one object, or a tree of them, lies. */
export interface ObjectPlace {
  readonly store: ObjectStore;
  /** May be empty: the whole store. */
  readonly key: string;
}

export type OpenStore = (uri: string, options: OpenOptions) => Promise<ObjectStore>;

/** Stores opened once each: what names the same bucket, container or folder shares connections. */
export class StorePool {
  readonly #stores = new Map<string, Promise<ObjectStore>>();
  readonly #options: OpenOptions;
  readonly #open: OpenStore | undefined;

  /** `open` stands in for the registry where stores come from elsewhere. */
  constructor(options: OpenOptions, open?: OpenStore) {
    this.#options = options;
    this.#open = open;
  }

  /**
   * The store that a location lies in and its key there, which is empty for the whole store. On the
   * local disk the store is the folder before the last slash, or before the first character of a
   * pattern if `pattern` is set.
   */
  async locate(location: Location, pattern = false): Promise<ObjectPlace> {
    const { container, key } = splitAtContainer(location.uri, pattern);
    return { store: await this.store(container), key };
  }

  /** The store at a URI; its keys go on from there. */
  store(uri: string): Promise<ObjectStore> {
    let store = this.#stores.get(uri);
    if (store === undefined) {
      store = this.#opened(uri);
      this.#stores.set(uri, store);
      // A failure is told to who asked, and tried again by the next one.
      store.catch(() => this.#stores.delete(uri));
    }
    return store;
  }

  /** The store of an account, which can list its containers only. */
  account(location: Location): Promise<ObjectStore> {
    return this.store(formatStoreUri({ ...location.uri, key: "" }));
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#stores.values());
    this.#stores.clear();
    await Promise.all(
      opened.map((store) => (store.status === "fulfilled" ? store.value.close() : undefined)),
    );
  }

  async #opened(uri: string): Promise<ObjectStore> {
    if (this.#open !== undefined) return this.#open(uri, this.#options);
    // Loaded at first use: showing help or settings needs no store.
    const { openStore } = await import("../storage/index.js");
    return openStore(uri, this.#options);
  }
}
