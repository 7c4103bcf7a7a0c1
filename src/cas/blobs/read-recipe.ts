import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { type BlobId, recipeKey } from "../keys.js";
import { blobDamage } from "./blob-damage.js";
import { parseRecipe, type Recipe } from "./recipe.js";

/** Throws `not-found`; `integrity` if it is damaged or that of another blob. */
export async function readRecipe(
  store: ObjectStore,
  blob: BlobId,
  options: CallOptions = {},
): Promise<Recipe> {
  const key = recipeKey(blob);
  try {
    return parseRecipe(await store.text(key, options), blob, store.uriOf(key));
  } catch (error) {
    if (!isLodeError(error, "corrupt-format")) throw error;
    throw blobDamage(store, { blob, key, offset: 0, reason: error.message, cause: error });
  }
}
