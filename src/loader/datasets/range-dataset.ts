import { validateRange } from "../../core/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { MapDataset } from "../dataset.js";
import { itemAt } from "./item-at.js";
import { allocate } from "./own-bytes.js";
import { shorter } from "./read-object.js";

/** A sample that lies inside an object: bytes `start` up to and without `end`. */
export interface RangeItem {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Ranges of objects as items, one request each. Nothing is asked here. Throws `invalid-argument` for ranges that
 * cannot be, and where one that is read reaches past its object's end.
 */
export function rangeDataset(
  store: ObjectStore,
  items: readonly RangeItem[],
): MapDataset<Uint8Array> {
  for (const { start, end } of items) validateRange({ start, end });
  return {
    kind: "map",
    length: items.length,
    uriOf(index) {
      const { key, start, end } = itemAt(items, index);
      return `${store.uriOf(key)}#${start}-${end}`;
    },
    byteLengthOf(index) {
      const { start, end } = itemAt(items, index);
      return end - start;
    },
    async get(index, { signal } = {}) {
      const { key, start, end } = itemAt(items, index);
      const bytes = allocate(end - start);
      const { meta, bytesRead } = await store.readInto(key, { start, end }, bytes, { signal });
      if (bytesRead < bytes.length) throw shorter(store.uriOf(key), end, meta.size);
      return bytes;
    },
  };
}
