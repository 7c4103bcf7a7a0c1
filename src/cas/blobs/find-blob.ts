import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { BlobFacts } from "../blob.js";
import { type BlobId, blobFolder, recipeKey } from "../keys.js";
import { readRecipe } from "./read-recipe.js";
import { isFormat, type Recipe } from "./recipe.js";

const DATA = "data.";

/** A blob that is there; with its recipe if it is chunked. */
export interface FoundBlob {
  readonly facts: BlobFacts;
  readonly recipe: Recipe | undefined;
}

/** What there is of a blob; undefined if it is not there. A whole one goes before a chunked one. */
export async function findBlob(
  store: ObjectStore,
  id: BlobId,
  options: CallOptions = {},
): Promise<FoundBlob | undefined> {
  const folder = blobFolder(id);
  let chunked = false;
  for await (const { key, size } of store.list({ prefix: folder, signal: options.signal })) {
    const name = key.slice(folder.length);
    const format = name.slice(DATA.length);
    if (name.startsWith(DATA) && isFormat(format)) {
      return { facts: { id, size, format, layout: "whole", key }, recipe: undefined };
    }
    chunked ||= key === recipeKey(id);
  }
  if (!chunked) return undefined;
  try {
    const recipe = await readRecipe(store, id, options);
    const { size, format } = recipe;
    return { facts: { id, size, format, layout: "chunked", key: recipeKey(id) }, recipe };
  } catch (error) {
    // It was deleted since it was listed.
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}
