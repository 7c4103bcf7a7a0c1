import type { ObjectMeta, UploadedPart, WriteOptions } from "../../backend.js";
import { SortedKeys } from "./sorted-keys.js";

/** An object's facts and its bytes, which are never changed once stored. */
export interface StoredObject {
  readonly meta: ObjectMeta & { readonly crc32c: number };
  readonly bytes: Uint8Array;
}

export interface StoredPart {
  readonly part: UploadedPart & { readonly crc32c: number };
  readonly bytes: Uint8Array;
}

export interface StoredUpload {
  readonly key: string;
  readonly id: string;
  readonly startedAt: Date;
  readonly options: WriteOptions;
  readonly parts: Map<number, StoredPart>;
}

/** The objects and unfinished uploads of one `mem://name`. */
export class MemoryStore {
  readonly createdAt = new Date();
  readonly objects = new Map<string, StoredObject>();
  readonly keys = new SortedKeys();
  readonly uploads = new Map<string, StoredUpload>();
  #versions = 0;

  /** Never told twice, so that a rewrite with the same bytes is another version. */
  nextVersion(): string {
    return (++this.#versions).toString(16).padStart(8, "0");
  }

  set(key: string, object: StoredObject): void {
    this.objects.set(key, object);
    this.keys.add(key);
  }

  delete(key: string): void {
    if (this.objects.delete(key)) this.keys.delete(key);
  }
}

/** The stores of this process by name. */
export const memoryStores = new Map<string, MemoryStore>();

/** Forgets the store and all it holds; false if there was none. */
export function dropMemoryStore(name: string): boolean {
  return memoryStores.delete(name);
}
