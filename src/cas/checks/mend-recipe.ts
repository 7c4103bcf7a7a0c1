import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import {
  encodeRecipe,
  parseRecipe,
  type Recipe,
  recipeContent,
  verifiedPieces,
} from "../blobs/index.js";
import { type BlobId, recipeKey } from "../keys.js";
import type { PackFooters } from "../packs/index.js";

/**
 * The text of a recipe without the damage that can be undone, such as a checksum that does not match; undefined if what it
 * leads to does not have the SHA-256 of the blob, or if it may tell of links, which nothing else proves.
 */
export async function mendRecipe(
  store: ObjectStore,
  footers: PackFooters,
  blob: BlobId,
  options: CallOptions,
): Promise<string | undefined> {
  const key = recipeKey(blob);
  try {
    const told = (await store.json(key, options)) as Partial<Recipe> | null;
    const { packs = [], runs = [], links } = told ?? {};
    if (!Array.isArray(runs) || !Array.isArray(packs)) return undefined;
    if (!Array.isArray(links) || links.length > 0) return undefined;
    const size = runs.reduce((sum, run) => sum + (Array.isArray(run) ? Number(run[3]) : 0), 0);
    const format = typeof told?.format === "string" ? told.format : "bin";
    const text = encodeRecipe({ blob, size, format, packs, runs, links });
    const recipe = parseRecipe(text, blob, store.uriOf(key));
    const content = recipeContent(store, footers, recipe);
    const facts = { id: blob, size, format, layout: "chunked", key } as const;
    const pieces = content.pieces(0, size, { verify: true, signal: options.signal });
    for await (const _ of verifiedPieces(store, facts, pieces));
    return text;
  } catch (error) {
    if (isLodeError(error, "not-found", "integrity", "corrupt-format")) return undefined;
    throw error;
  }
}
