import type { ObjectStore } from "../../storage/index.js";

/** What lies in one store is handled together, so that it goes at the same time. */
export function groupByStore<T extends { readonly store: ObjectStore }>(
  items: readonly T[],
): [T, ...T[]][] {
  const groups = new Map<ObjectStore, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(item.store);
    if (group === undefined) groups.set(item.store, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
