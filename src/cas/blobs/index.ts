// Blobs: how exact bytes are stored under their SHA-256, as one object or by a recipe of chunks, with
// what is told of them, and how they are read and checked. Knows nothing of sessions and collection.
// Defines Recipe, FoundBlob and BlobContent.
export type { BlobContent, ContentOptions } from "./blob-content.js";
export { type BlobDamage, blobDamage } from "./blob-damage.js";
export {
  digestBlobs,
  listRefs,
  putDigest,
  putRef,
  readMetadata,
} from "./blob-notes.js";
export { changeRecipe } from "./change-recipe.js";
export { ChunkFetch } from "./chunk-fetch.js";
export { type ChunkSpan, spanGroups } from "./chunk-spans.js";
export { type FoundBlob, findBlob } from "./find-blob.js";
export { readLinks } from "./links.js";
export { encodeMetadata, parseMetadata } from "./metadata-json.js";
export { type PutBlobCall, type PutContext, putBlob } from "./put-blob.js";
export { type ChunkTally, NO_CHUNKS } from "./put-chunks.js";
export { readRecipe } from "./read-recipe.js";
export { encodeRecipe, parseRecipe, type Recipe, type RecipeRun } from "./recipe.js";
export { RecipeBuilder } from "./recipe-builder.js";
export { recipeContent } from "./recipe-content.js";
export { verifiedPieces } from "./verified-pieces.js";
export { WholeContent } from "./whole-content.js";
