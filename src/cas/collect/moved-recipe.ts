import type { Recipe, RecipeRun } from "../blobs/index.js";
import type { ChunkPlace } from "../packs/index.js";

/** Where a chunk of a pack lies now, and how large it is; undefined if it has not moved. */
export type MovedChunk = (
  pack: string,
  entry: number,
) => (ChunkPlace & { readonly plainBytes: number }) | undefined;

/** The same blob by the new places of its chunks. A run of which a chunk has not moved stays as it is. */
export function movedRecipe(recipe: Recipe, moved: MovedChunk): Recipe {
  const packs: string[] = [];
  const numbers = new Map<string, number>();
  const runs: RecipeRun[] = [];
  const add = (id: string, first: number, entries: number, bytes: number): void => {
    let pack = numbers.get(id);
    if (pack === undefined) {
      pack = packs.push(id) - 1;
      numbers.set(id, pack);
    }
    const last = runs.at(-1);
    if (last !== undefined && last[0] === pack && last[1] + last[2] === first) {
      runs[runs.length - 1] = [pack, last[1], last[2] + entries, last[3] + bytes];
    } else runs.push([pack, first, entries, bytes]);
  };
  for (const [number, first, entries, bytes] of recipe.runs) {
    const pack = recipe.packs[number] ?? "";
    const places = Array.from({ length: entries }, (_, i) => moved(pack, first + i));
    if (places.includes(undefined)) add(pack, first, entries, bytes);
    else for (const place of places) add(place!.pack, place!.entry, 1, place!.plainBytes);
  }
  return { ...recipe, packs, runs };
}
