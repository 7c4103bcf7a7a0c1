import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import { type BlobId, recipeKey } from "../keys.js";
import { encodeRecipe, parseRecipe, type Recipe } from "./recipe.js";

/**
 * Changes the recipe of a blob by compare-and-swap; `change` may be called again, and gives the same recipe where nothing is
 * to be changed. False if the blob has no recipe. Throws `corrupt-format`.
 */
export async function changeRecipe(
  store: ObjectStore,
  id: BlobId,
  change: (recipe: Recipe) => Recipe,
  { signal }: CallOptions,
): Promise<boolean> {
  const key = recipeKey(id);
  for (;;) {
    try {
      const { meta, body } = await store.get(key, { signal });
      const parts: Uint8Array[] = [];
      for await (const part of body) parts.push(new Uint8Array(part));
      const recipe = parseRecipe(Buffer.concat(parts).toString(), id, store.uriOf(key));
      const changed = change(recipe);
      if (changed === recipe) return true;
      await putJson(store, key, encodeRecipe(changed), { mode: { ifMatch: meta.etag }, signal });
      return true;
    } catch (error) {
      if (isLodeError(error, "not-found")) return false;
      if (!isLodeError(error, "precondition-failed")) throw error;
    }
  }
}
