import type { CallOptions, ObjectStore } from "../storage/index.js";
import {
  listPointers,
  type PlacedPointer,
  type RebuildOptions,
  type RebuiltViews,
  rebuildViews,
} from "./housekeeping/index.js";
import type { StorageMode } from "./views/index.js";

/** The folders in which pointers to runs lie. */
export class RunViews {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** The pointers of a view, or of all views, in the order of their keys. Throws `invalid-argument`, `corrupt-format`. */
  list(
    mode?: StorageMode | undefined,
    options: CallOptions = {},
  ): AsyncGenerator<PlacedPointer, void> {
    return listPointers(this.#store, mode, options);
  }

  /** Makes all views, and the copies of manifests in mltrack's form, what the newest revisions say. */
  rebuild(options: RebuildOptions = {}): Promise<RebuiltViews> {
    return rebuildViews(this.#store, options);
  }
}
