import { LodeError } from "../../errors.js";

/** Throws `invalid-argument` unless there is an item of this index. */
export function checkIndex(index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `there is no item ${index} in a data set of ${length}; its items are 0 to ${length - 1}`,
  });
}

/** The item of this index. Throws `invalid-argument` if there is none. */
export function itemAt<T>(items: readonly T[], index: number): T {
  checkIndex(index, items.length);
  return items[index] as T;
}
