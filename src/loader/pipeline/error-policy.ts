import { type LodeError, toLodeError } from "../../errors.js";
import type { ItemTask } from "./item-source.js";

/** What is done about items that cannot be loaded. */
export interface ErrorPolicy {
  /** How many items of an epoch may be left out; the next one ends the iteration. */
  readonly skip: number;
  /** How often an item is tried again before it counts as failed. */
  readonly retries: number;
}

/** An item that was left out. */
export interface SkippedItem {
  readonly index: number;
  readonly uri: string;
  readonly epoch: number;
  readonly error: LodeError;
}

/** The failure of an item, with `details.index` (in the data set) and `details.position` (in the rank's epoch). */
export function itemError(error: unknown, task: ItemTask<unknown>, epoch: number): LodeError {
  const { index, uri, position } = task;
  const failure = toLodeError(error, "load", uri);
  const named = failure.details.index === index;
  const why = error instanceof Error ? error.message : failure.message;
  return failure.with({
    uri,
    message: named ? why : `item ${index} of the data set, ${uri}, was not loaded: ${why}`,
    details: { index, uri, position, epoch },
  });
}

/** The failure to give when one more item is bad than the policy lets pass. */
export function tooManySkipped(failure: LodeError, skipped: number): LodeError {
  if (skipped === 0) return failure;
  return failure.with({
    message: `${failure.message} (${skipped} items of this epoch were left out before it, and no more may be)`,
    details: { skipped },
  });
}
