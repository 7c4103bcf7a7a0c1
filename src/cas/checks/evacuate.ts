import { type Clock, CONCURRENT_READS } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { readRecipe } from "../blobs/index.js";
import { PackUse, repack } from "../collect/index.js";
import type { BlobId } from "../keys.js";
import type { PackFooters } from "../packs/index.js";
import { blobEntries } from "./blob-entries.js";
import { inBatches } from "./in-batches.js";

/**
 * Writes the chunks of damaged packs that recipes name to new packs, so that nothing needs the damaged ones. A pack of which a chunk that is needed is
 * damaged stays in use.
 */
export async function evacuate(
  store: ObjectStore,
  packs: ReadonlySet<string>,
  footers: PackFooters,
  { clock, signal }: CallOptions & { readonly clock: Clock },
): Promise<void> {
  if (packs.size === 0) return;
  const use = new PackUse();
  const users = new Map<string, BlobId[]>([...packs].map((pack) => [pack, []]));
  await inBatches(blobEntries(store, { signal }), CONCURRENT_READS, signal, async (entry, stop) => {
    if (!("id" in entry) || entry.recipe === undefined) return;
    await unlessDamaged(async () => {
      const recipe = await readRecipe(store, entry.id, { signal: stop });
      const own = recipe.packs.filter((pack) => packs.has(pack));
      if (own.length > 0) use.add(recipe);
      for (const pack of own) users.get(pack)?.push(entry.id);
    });
  });
  for (const [pack, blobs] of users) {
    if (blobs.length === 0) continue;
    await unlessDamaged(async () => {
      const footer = await footers.get(pack, signal);
      await repack(store, [footer], use, blobs, { clock, signal, onStep: async () => {} });
    });
  }
}

/** What is damaged, or gone meanwhile, is left as it is: that it is damaged has been told. */
async function unlessDamaged(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isLodeError(error, "integrity", "not-found")) throw error;
  }
}
