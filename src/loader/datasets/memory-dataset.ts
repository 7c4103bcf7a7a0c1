import { throwIfAborted } from "../../errors.js";
import type { MapDataset } from "../dataset.js";
import { itemAt } from "./item-at.js";

/** Values that are in memory already, as they are: for tests and small data. */
export function memoryDataset<T>(
  values: readonly T[],
  options: { readonly uri?: string; readonly byteLength?: (value: T) => number } = {},
): MapDataset<T> {
  const { uri = "memory:", byteLength = bytesOf } = options;
  return {
    kind: "map",
    length: values.length,
    keepsItems: true,
    uriOf(index) {
      itemAt(values, index);
      return `${uri}#${index}`;
    },
    byteLengthOf: (index) => byteLength(itemAt(values, index)),
    async get(index, { signal } = {}) {
      throwIfAborted(signal, "load");
      return itemAt(values, index);
    },
  };
}

function bytesOf(value: unknown): number {
  return ArrayBuffer.isView(value) ? value.byteLength : 0;
}
