import { isLodeError } from "../../errors.js";
import type { ObjectMeta } from "../backend.js";
import type { ObjectStore } from "../object-store.js";
import { readChecksum } from "./read-checksum.js";

/**
 * How two objects of one name are told apart:
 * - `auto`: by size, then by CRC32C where both listings have one, else the source is newer;
 * - `size`: by size only;
 * - `checksum`: by size, then by CRC32C, which is read out of the objects where a store keeps none;
 * - `exists`: never: what the target has stays.
 */
export type SyncComparison = "auto" | "size" | "checksum" | "exists";

/** Why the source is to be copied over the target; undefined if they are the same. */
export async function differenceOf(
  comparison: SyncComparison,
  from: { readonly store: ObjectStore; readonly meta: ObjectMeta },
  to: { readonly store: ObjectStore; readonly meta: ObjectMeta },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (comparison === "exists") return undefined;
  if (from.meta.size !== to.meta.size) return "size differs";
  if (comparison === "size") return undefined;
  if (from.meta.crc32c !== undefined && to.meta.crc32c !== undefined) {
    return from.meta.crc32c === to.meta.crc32c ? undefined : "checksum differs";
  }
  if (comparison === "auto") {
    return from.meta.lastModified > to.meta.lastModified ? "source is newer" : undefined;
  }
  const [a, b] = await Promise.all([checksumOf(from, signal), checksumOf(to, signal)]);
  return a !== undefined && a === b ? undefined : "checksum differs";
}

/** From the store's own record if it keeps one, else by reading; undefined if it is gone. */
async function checksumOf(
  place: { readonly store: ObjectStore; readonly meta: ObjectMeta },
  signal: AbortSignal,
): Promise<number | undefined> {
  const { store, meta } = place;
  try {
    const { crc32c } = meta.crc32c === undefined ? await store.head(meta.key, { signal }) : meta;
    return crc32c ?? (await readChecksum(store, meta.key, signal));
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}
