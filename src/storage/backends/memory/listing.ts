import { compareKeys } from "../../../core/index.js";
import type { ListOptions, ListPage, ObjectMeta } from "../../backend.js";
import type { MemoryStore } from "./memory-store.js";

const MAX_PAGE = 1000;

/**
 * Pages of a store in key order. Each entry is sought afresh from where the last one ended, so that
 * writes between pages neither repeat nor skip the keys that they do not touch.
 */
export function* listStore(
  store: MemoryStore,
  options: Omit<ListOptions, "signal">,
): Generator<ListPage, void, undefined> {
  const { prefix = "", delimiter, startAfter } = options;
  const pageSize = Math.min(Math.max(1, options.pageSize ?? MAX_PAGE), MAX_PAGE);
  // Keys with the prefix are neighbours: the later of both starts is the first that fits both.
  const after = startAfter === undefined ? prefix : `${startAfter}\0`;
  let key = store.keys.ceiling(compareKeys(after, prefix) > 0 ? after : prefix);
  let objects: ObjectMeta[] = [];
  let prefixes: string[] = [];
  while (key?.startsWith(prefix)) {
    if (objects.length + prefixes.length === pageSize) {
      yield { objects, prefixes };
      objects = [];
      prefixes = [];
      key = store.keys.ceiling(key);
      if (!key?.startsWith(prefix)) break;
    }
    const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut >= 0) {
      const common = key.slice(0, cut + 1);
      prefixes.push(common);
      // "0" is the character after "/": the first text behind all that begins with the prefix.
      key = store.keys.ceiling(`${common.slice(0, -1)}0`);
    } else {
      const object = store.objects.get(key);
      if (object !== undefined) objects.push(object.meta);
      key = store.keys.higher(key);
    }
  }
  if (objects.length + prefixes.length > 0) yield { objects, prefixes };
}
