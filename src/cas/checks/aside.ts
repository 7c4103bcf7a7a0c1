import type { CallOptions, ObjectStore } from "../../storage/index.js";

/** Where damaged objects are kept; no collection empties it. */
const DAMAGED = "damaged/";

/** Keeps damaged objects, each under its own key, in a folder of one repair. */
export class Aside {
  readonly #store: ObjectStore;
  readonly #folder: string;

  constructor(store: ObjectStore, now: number) {
    this.#store = store;
    this.#folder = `${DAMAGED}${new Date(now).toISOString().replaceAll(":", "-")}/`;
  }

  /** The object stays in its place too, to be written over. */
  async copy(key: string, { signal }: CallOptions): Promise<void> {
    await this.#store.copy(key, `${this.#folder}${key}`, { signal });
  }

  async move(key: string, options: CallOptions): Promise<void> {
    await this.copy(key, options);
    await this.#store.delete(key, options);
  }

  /** Undoes a move. */
  async putBack(key: string, { signal }: CallOptions): Promise<void> {
    await this.#store.copy(`${this.#folder}${key}`, key, { signal });
  }
}
