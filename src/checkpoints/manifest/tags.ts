import { CONCURRENT_READS, sideBySide } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { CheckpointName } from "./manifest.js";
import { manifestKey, nameText, sameName, TAGS, tagKey } from "./names.js";
import { putPointer, readPointer } from "./pointers.js";

/** What the tag points to; undefined if there is no such tag. Throws `corrupt-format`. */
export async function readTag(
  store: ObjectStore,
  tag: string,
  options: CallOptions = {},
): Promise<CheckpointName | undefined> {
  return (await readPointer(store, tagKey(tag), options))?.name;
}

/**
 * Gives a checkpoint a name of its own, which protects it from being pruned. Throws `not-found` if there
 * is no such checkpoint, and `already-exists` if the tag points to another one and `move` is not set.
 */
export async function putTag(
  store: ObjectStore,
  tag: string,
  name: CheckpointName,
  { move = false, signal }: CallOptions & { readonly move?: boolean | undefined } = {},
): Promise<void> {
  const key = tagKey(tag);
  await store.head(manifestKey(name), { signal });
  const current = await readPointer(store, key, { signal });
  if (current !== undefined && sameName(current.name, name)) return;
  if (current !== undefined && !move) throw taken(store, tag, current.name);
  const mode = current === undefined ? "create" : { ifMatch: current.etag };
  if (!(await putPointer(store, key, name, mode, { signal }))) throw taken(store, tag);
  // It may have been deleted meanwhile, by one who did not see the tag.
  if (await store.exists(manifestKey(name), { signal })) return;
  await store.delete(key, { signal });
  throw new LodeError({
    code: "not-found",
    message: `${store.uriOf(manifestKey(name))} was deleted as it was given the tag ${tag}`,
    uri: store.uriOf(manifestKey(name)),
  });
}

/** Takes the tag away; false if there was none. */
export async function deleteTag(
  store: ObjectStore,
  tag: string,
  options: CallOptions = {},
): Promise<boolean> {
  const key = tagKey(tag);
  if (!(await store.exists(key, options))) return false;
  await store.delete(key, options);
  return true;
}

/** All tags, by name. Throws `corrupt-format` if one cannot be read: what it protects is not known. */
export async function listTags(
  store: ObjectStore,
  options: CallOptions = {},
): Promise<Map<string, CheckpointName>> {
  const keys: string[] = [];
  for await (const { key } of store.list({ ...options, prefix: TAGS })) {
    if (key.endsWith(".json") && !key.includes("/", TAGS.length)) keys.push(key);
  }
  const tags = new Map<string, CheckpointName>();
  const pointers = await sideBySide(keys, CONCURRENT_READS, options.signal, (key, signal) =>
    readPointer(store, key, { signal }),
  );
  for (const [index, key] of keys.entries()) {
    const pointer = pointers[index];
    if (pointer !== undefined) tags.set(key.slice(TAGS.length, -".json".length), pointer.name);
  }
  return tags;
}

function taken(store: ObjectStore, tag: string, by?: CheckpointName): LodeError {
  const whose =
    by === undefined ? "was given to another checkpoint meanwhile" : `is of ${nameText(by)}`;
  return new LodeError({
    code: "already-exists",
    message: `the tag ${tag} of ${store.uri} ${whose}; take it away first, or say that it moves`,
    uri: store.uriOf(tagKey(tag)),
  });
}
