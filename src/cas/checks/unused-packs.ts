import { CONCURRENT_READS } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { needsOf } from "../cycles/index.js";
import { packKey } from "../keys.js";
import { listLeases } from "../sessions/index.js";
import type { Aside } from "./aside.js";
import { blobEntries } from "./blob-entries.js";
import { inBatches } from "./in-batches.js";

/**
 * Moves damaged packs that no recipe names out of the way, and tells which. They must have left the index before: then only a session that
 * is open can still rely on one, and while there is a lease nothing is moved.
 */
export async function setUnusedAside(
  store: ObjectStore,
  packs: Iterable<string>,
  aside: Aside,
  { signal }: CallOptions,
): Promise<ReadonlySet<string>> {
  const unused = new Set(packs);
  if (unused.size === 0) return unused;
  for await (const _ of listLeases(store, { signal })) return new Set();
  await inBatches(blobEntries(store, { signal }), CONCURRENT_READS, signal, async (entry, stop) => {
    if (!("id" in entry) || entry.recipe === undefined) return;
    try {
      const { packs } = await needsOf(store, entry.id, { signal: stop });
      for (const pack of packs) unused.delete(pack);
    } catch (error) {
      if (!isLodeError(error, "corrupt-format", "integrity")) throw error;
      // It may need any of them.
      unused.clear();
    }
  });
  for (const pack of unused) await aside.move(packKey(pack), { signal });
  return unused;
}
