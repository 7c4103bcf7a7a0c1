import type { BlobStore } from "../cas/index.js";
import type { Clock } from "../core/index.js";
import type { ObjectStore } from "../storage/index.js";

/** What every function of this folder works with. */
export interface RunContext {
  readonly store: ObjectStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
}
