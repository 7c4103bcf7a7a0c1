import type { RangeReader } from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import { type ReadCall, readRange } from "./read-object.js";
import type { ListedObject } from "./select-objects.js";

/** An object as a format reads it at random; every read is of the version that was listed. */
export function storeReader(
  store: ObjectStore,
  object: ListedObject,
  options: ReadCall = {},
): RangeReader {
  return {
    size: object.size,
    read: (start, end) => readRange(store, object, start, end, options),
  };
}
