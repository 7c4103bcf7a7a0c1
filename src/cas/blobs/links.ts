import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import { type BlobId, recipeKey } from "../keys.js";
import { readRecipe } from "./read-recipe.js";
import { encodeRecipe, parseRecipe, type Recipe } from "./recipe.js";

/** Each once, in order. */
export function sortedLinks(links: Iterable<BlobId>): BlobId[] {
  return [...new Set(links)].sort();
}

/** Blobs that a blob needs; none if it has no recipe. Throws `integrity` for a damaged one. */
export async function readLinks(
  store: ObjectStore,
  id: BlobId,
  options: CallOptions,
): Promise<readonly BlobId[]> {
  try {
    return (await readRecipe(store, id, options)).links;
  } catch (error) {
    if (isLodeError(error, "not-found")) return [];
    throw error;
  }
}

/** Whether all these links are told by the recipe. */
export function hasLinks(recipe: Recipe | undefined, links: readonly BlobId[]): boolean {
  return links.every((link) => recipe?.links.includes(link));
}

/**
 * Makes the recipe of a blob that is there tell these links too, by compare-and-swap. False if the blob has no recipe. Throws
 * `corrupt-format`.
 */
export async function addLinks(
  store: ObjectStore,
  id: BlobId,
  links: readonly BlobId[],
  { signal }: CallOptions,
): Promise<boolean> {
  const key = recipeKey(id);
  for (;;) {
    try {
      const { etag } = await store.head(key, { signal });
      const text = Buffer.from(await store.bytes(key, { signal, ifMatch: etag })).toString();
      const recipe = parseRecipe(text, id, store.uriOf(key));
      if (hasLinks(recipe, links)) return true;
      const changed = { ...recipe, links: sortedLinks([...recipe.links, ...links]) };
      await putJson(store, key, encodeRecipe(changed), { mode: { ifMatch: etag }, signal });
      return true;
    } catch (error) {
      if (isLodeError(error, "not-found")) return false;
      if (!isLodeError(error, "precondition-failed")) throw error;
    }
  }
}
