import type { BlobStoreOptions, PutProgress } from "../cas/index.js";
import type { Clock } from "../core/index.js";
import type { CallOptions, OpenOptions } from "../storage/index.js";
import type { RunType } from "./manifest/index.js";
import type { ValueCodec } from "./values/index.js";
import type { StorageMode } from "./views/index.js";

export interface RunStoreOptions extends BlobStoreOptions, OpenOptions {
  /** Of runs that tell none. Default `MLTRACK_DEFAULT_RUN_TYPE`, else `experiment`. */
  readonly defaultRunType?: RunType | undefined;
  /** The view of runs that tell none. Default `MLTRACK_DEFAULT_STORAGE_MODE`, else `by_project`. */
  readonly defaultStorageMode?: StorageMode | undefined;
  /** For values that no built-in codec takes; they come before those. */
  readonly codecs?: readonly ValueCodec[] | undefined;
  readonly clock?: Clock | undefined;
}

/** How data is stored. */
export interface StoreDataOptions extends CallOptions {
  /** The caller's own facts, kept with the reference. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** `parquet` makes a table of records; for bytes, text and files it is the ending of the stored object. */
  readonly format?: string | undefined;
  readonly codec?: ValueCodec | undefined;
  /** `whole`: one object however large. Default `auto`: large data is cut into chunks that are stored once. */
  readonly layout?: "auto" | "whole" | undefined;
  /** Of this value, so far. */
  readonly onProgress?: ((progress: PutProgress) => void) | undefined;
}

export interface RunDataOptions extends StoreDataOptions {
  /** Take the place of other data of the same name. */
  readonly replace?: boolean | undefined;
}
