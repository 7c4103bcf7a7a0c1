import type { Layer } from "./backend.js";
import type { ObjectStore } from "./object-store.js";

/** Something that a user should know and that is no failure, such as a fallback that was taken. */
export interface StoreWarning {
  readonly code: string;
  readonly message: string;
}

export interface OpenOptions {
  /** Where settings and credentials are looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly onWarning?: ((warning: StoreWarning) => void) | undefined;
  /** Outermost layers, before the standard ones (limit, retry). */
  readonly layers?: readonly Layer[] | undefined;
}

/** Where one object lies: its store (the container; for files the folder) and its key in it. */
export interface ObjectLocation {
  readonly store: ObjectStore;
  /** May be empty: the whole store. */
  readonly key: string;
}

/** Opens the store at a URI; its keys are relative to the URI. */
export declare function openStore(uri: string, options?: OpenOptions): Promise<ObjectStore>;

/**
 * Opens the container that a URI lies in and tells the key in it. For `file://` the container is
 * the folder before the last slash.
 */
export declare function locateObject(uri: string, options?: OpenOptions): Promise<ObjectLocation>;
