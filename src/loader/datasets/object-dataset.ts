import type { ObjectStore } from "../../storage/index.js";
import type { MapDataset, ReadItemOptions } from "../dataset.js";
import { itemAt } from "./item-at.js";
import { checkReadOptions, type ObjectReadOptions, readCall, readObject } from "./read-object.js";
import { type ListedObject, type ObjectSelection, selectObjects } from "./select-objects.js";

export interface ObjectDatasetOptions extends ObjectSelection, ObjectReadOptions {}

/**
 * Whole objects as items, each in memory of its own. They are listed once, here. Throws `not-found` where
 * nothing is selected.
 */
export async function objectDataset(
  store: ObjectStore,
  options: ObjectDatasetOptions,
): Promise<MapDataset<Uint8Array>> {
  checkReadOptions(options);
  return new ObjectDataset(store, await selectObjects(store, options), options);
}

class ObjectDataset implements MapDataset<Uint8Array> {
  readonly kind = "map";
  readonly takesReaderMode = true;
  readonly length: number;
  readonly #store: ObjectStore;
  readonly #objects: readonly ListedObject[];
  readonly #options: ObjectReadOptions;

  constructor(store: ObjectStore, objects: readonly ListedObject[], options: ObjectReadOptions) {
    this.length = objects.length;
    this.#store = store;
    this.#objects = objects;
    this.#options = options;
  }

  uriOf(index: number): string {
    return this.#store.uriOf(itemAt(this.#objects, index).key);
  }

  byteLengthOf(index: number): number {
    return itemAt(this.#objects, index).size;
  }

  async get(index: number, options?: ReadItemOptions): Promise<Uint8Array> {
    return readObject(this.#store, itemAt(this.#objects, index), readCall(this.#options, options));
  }
}
