import { JsonFields } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { parseRecipe } from "../blobs/index.js";
import { type BlobId, blobFolder, digestFolder, metadataKey, recipeKey } from "../keys.js";
import { type Ids, NO_IDS } from "./state.js";

/** Where to look: below a prefix that ends with a slash instead of in place. */
interface Below extends CallOptions {
  readonly folder?: string | undefined;
}

/** Whether this object of a blob's folder is the one whose presence says that the blob is complete. */
export function isRoot(key: string): boolean {
  const name = key.slice(key.lastIndexOf("/") + 1);
  return name === "recipe.json" || name.startsWith("data.");
}

/** The key of the object that says that the blob is complete; undefined if it is not. Below `folder`, such as a trash. */
export async function findRoot(
  store: ObjectStore,
  id: BlobId,
  { signal, folder = "" }: Below = {},
): Promise<string | undefined> {
  for await (const { key } of store.list({ prefix: `${folder}${blobFolder(id)}`, signal })) {
    if (isRoot(key)) return key;
  }
  return undefined;
}

/** The blobs and packs of which a blob's recipe tells; none if it has no recipe. Below `folder`. Throws `corrupt-format`. */
export async function needsOf(
  store: ObjectStore,
  id: BlobId,
  { signal, folder = "" }: Below = {},
): Promise<Ids> {
  const key = `${folder}${recipeKey(id)}`;
  try {
    const { links, packs } = parseRecipe(await store.text(key, { signal }), id, store.uriOf(key));
    return { blobs: links, packs };
  } catch (error) {
    if (isLodeError(error, "not-found")) return NO_IDS;
    throw error;
  }
}

/** All objects of a blob, the one that makes it complete first: deleted in this order, a part is never taken for the whole. */
export async function blobObjects(
  store: ObjectStore,
  id: BlobId,
  { signal }: CallOptions = {},
): Promise<string[]> {
  const roots: string[] = [];
  const others: string[] = [];
  for await (const { key } of store.list({ prefix: blobFolder(id), signal })) {
    (isRoot(key) ? roots : others).push(key);
  }
  const pointer = await digestPointer(store, id, metadataKey(id), { signal });
  return [...roots, ...others, ...(pointer === undefined ? [] : [pointer])];
}

/** The key of the object that leads from the blob's digest to it, as its metadata at `key` tells. */
export async function digestPointer(
  store: ObjectStore,
  id: BlobId,
  key: string,
  { signal }: CallOptions = {},
): Promise<string | undefined> {
  try {
    const digest = new JsonFields(await store.json(key, { signal }), {
      what: "metadata of a blob",
      uri: store.uriOf(key),
      path: "",
    }).optionalText("digest");
    return digest === null ? undefined : `${digestFolder(digest)}${id}`;
  } catch (error) {
    // A pointer without its blob leads nowhere and harms nothing: damaged metadata must not keep garbage for ever.
    if (isLodeError(error, "not-found", "corrupt-format", "invalid-argument")) return undefined;
    throw error;
  }
}
