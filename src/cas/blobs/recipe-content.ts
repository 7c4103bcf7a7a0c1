import type { ObjectStore } from "../../storage/index.js";
import type { BlobCache } from "../cache/index.js";
import type { PackFooters } from "../packs/index.js";
import type { BlobContent } from "./blob-content.js";
import { ChunkedContent } from "./chunked-content.js";
import { InlineContent } from "./inline-content.js";
import type { Recipe } from "./recipe.js";

/** The bytes of which a recipe tells. */
export function recipeContent(
  store: ObjectStore,
  footers: PackFooters,
  recipe: Recipe,
  cache?: BlobCache | undefined,
): BlobContent {
  const { blob, bytes } = recipe;
  if (bytes !== undefined) return new InlineContent(store, blob, bytes);
  return new ChunkedContent(store, footers, recipe, cache);
}
