import { LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import { expandBraces } from "./expand-braces.js";
import { inParallel } from "./in-parallel.js";

/** An object that a data set reads, as its listing tells it. */
export interface ListedObject {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  readonly etag?: string | undefined;
}

/** Which objects a data set is made of: by one of `prefix`, `keys` and `list`. */
export interface ObjectSelection {
  /** All objects whose keys begin with this, in the order of their keys; empty for the whole store. */
  readonly prefix?: string | undefined;
  /** These objects in this order; `{000..099}` and `{a,b}` stand for many keys. */
  readonly keys?: string | readonly string[] | undefined;
  /** These objects in this order, of sizes that are known: the store is asked nothing. */
  readonly list?: Iterable<ListedObject> | AsyncIterable<ListedObject> | undefined;
  /** Keeps the objects for which it is true; of `keys` too. */
  readonly filter?: ((key: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Looks at objects that are named without a size. */
const HEADS_AT_ONCE = 32;

/**
 * The objects with their sizes: one listing, or a `head` for each of `keys`. `endings` narrow a
 * listing to the files of a format. Throws `not-found` where nothing is selected, and for a key of no object.
 */
export async function selectObjects(
  store: ObjectStore,
  selection: ObjectSelection,
  endings?: readonly string[],
): Promise<ListedObject[]> {
  if (selection.keys === undefined) return listObjects(store, selection, endings);
  const keys = await selectKeys(store, selection, endings);
  const objects = new Array<ListedObject>(keys.length);
  await inParallel(keys.length, HEADS_AT_ONCE, selection.signal, async (index, signal) => {
    const { key, size, etag } = await store.head(keys[index] as string, { signal });
    objects[index] = { key, size, etag };
  });
  return objects;
}

/** The keys alone, for which nothing is asked where they are given. Throws `not-found` where there are none. */
export async function selectKeys(
  store: ObjectStore,
  selection: ObjectSelection,
  endings?: readonly string[],
): Promise<string[]> {
  const { keys, filter } = selection;
  if (keys === undefined) {
    return (await listObjects(store, selection, endings)).map(({ key }) => key);
  }
  checkSelection(selection);
  const expanded = (typeof keys === "string" ? [keys] : keys).flatMap(expandBraces);
  const chosen = filter === undefined ? expanded : expanded.filter(filter);
  if (chosen.length === 0) throw nothingSelected(store, selection, undefined);
  return chosen;
}

async function listObjects(
  store: ObjectStore,
  selection: ObjectSelection,
  endings: readonly string[] | undefined,
): Promise<ListedObject[]> {
  checkSelection(selection);
  const { prefix, list, filter, signal } = selection;
  const objects: ListedObject[] = [];
  for await (const { key, size, etag } of list ?? store.list({ prefix, signal })) {
    // Programs that know folders keep empty objects in their place.
    const isFolder = size === 0 && key.endsWith("/");
    const fits =
      list !== undefined || endings === undefined || endings.some((e) => key.endsWith(e));
    if (!isFolder && fits && filter?.(key) !== false) objects.push({ key, size, etag });
  }
  if (objects.length === 0) throw nothingSelected(store, selection, endings);
  return objects;
}

function checkSelection({ prefix, keys, list }: ObjectSelection): void {
  if ([prefix, keys, list].filter((one) => one !== undefined).length === 1) return;
  throw new LodeError({
    code: "invalid-argument",
    message: "a data set needs its objects by one of prefix, keys and list",
  });
}

function nothingSelected(
  store: ObjectStore,
  { prefix, filter }: ObjectSelection,
  endings: readonly string[] | undefined,
): LodeError {
  const where = prefix === undefined ? "what was given" : `${store.uriOf(prefix)}*`;
  const kind = endings === undefined ? "" : ` whose key ends in ${endings.join(", ")}`;
  const kept = filter === undefined ? "" : " and that the filter keeps";
  return new LodeError({
    code: "not-found",
    message: `the data set is empty: ${where} has no object${kind}${kept}`,
    uri: store.uri,
  });
}
