import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { BlobId } from "../keys.js";
import { changeRecipe } from "./change-recipe.js";
import { readRecipe } from "./read-recipe.js";
import type { Recipe } from "./recipe.js";

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

/** Makes the recipe of a blob that is there tell these links too. False if the blob has no recipe. Throws `corrupt-format`. */
export function addLinks(
  store: ObjectStore,
  id: BlobId,
  links: readonly BlobId[],
  options: CallOptions,
): Promise<boolean> {
  const add = (recipe: Recipe): Recipe => {
    const all = sortedLinks([...recipe.links, ...links]);
    return all.length === recipe.links.length ? recipe : { ...recipe, links: all };
  };
  return changeRecipe(store, id, add, options);
}
