import { isLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import { deleteAll } from "../cycles/index.js";
import { type PackFooter, putIndex, readIndex } from "../packs/index.js";
import type { Survey } from "./survey.js";

/** Index objects above this size are left alone, unless they tell of packs that are gone. */
const SMALL_BYTES = 1024 * 1024;
/** So few small ones are not worth a change. */
const MOST_SMALL = 16;
/** An index object that is written here ends at this size. */
const FULL_BYTES = 8 * 1024 * 1024;

export interface TidyIndexOptions {
  /** Whether the pack is there. */
  readonly isThere: (pack: string) => boolean;
  /** Each footer of a pack that is there. */
  readonly onFooter: (footer: PackFooter) => void;
  readonly onStep: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads all index objects, one at a time; those that tell of packs that are gone, and small ones if there are many, are written anew together. The new
 * one comes first: a session that reads the index meanwhile misses nothing but what it finds twice. Throws
 * `integrity` for a damaged one.
 */
export async function tidyIndex(
  store: ObjectStore,
  listed: Survey["index"],
  { isThere, onFooter, onStep, signal }: TidyIndexOptions,
): Promise<void> {
  const merge = listed.filter(({ size }) => size < SMALL_BYTES).length > MOST_SMALL;
  let keys: string[] = [];
  let footers: PackFooter[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (footers.length > 0) await putIndex(store, footers, { signal });
    await deleteAll(store, keys, signal);
    keys = [];
    footers = [];
    bytes = 0;
  };
  for (const { key, size } of listed) {
    await onStep();
    const found = await readIfThere(store, key, signal);
    const there = found.filter(({ pack }) => isThere(pack));
    for (const footer of there) onFooter(footer);
    if (there.length === found.length && !(merge && size < SMALL_BYTES)) continue;
    keys.push(key);
    footers.push(...there);
    bytes += size;
    if (bytes >= FULL_BYTES) await flush();
  }
  if (keys.length > 0) await flush();
}

async function readIfThere(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<PackFooter[]> {
  try {
    return await readIndex(store, key, { signal });
  } catch (error) {
    // Only another collection, which has taken over, deletes them.
    if (isLodeError(error, "not-found")) return [];
    throw error;
  }
}
