import { CONCURRENT_READS, sideBySide } from "../../core/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { packKey } from "../keys.js";
import { blobObjects, isRoot } from "./blob-objects.js";
import type { Collector } from "./collector.js";
import type { CondemnedList } from "./condemned-list.js";
import { IdSet } from "./id-set.js";
import { copyToTrash } from "./trash.js";

/** Blobs or packs between two looks at whether the collection is still ours. */
const BATCH = 32;

export interface SweepOptions extends CallOptions {
  /** Called with what has gone since the last call. */
  readonly onSwept?: ((blobs: number, packs: number) => void) | undefined;
  /**
   * Another collector took over while these blobs were being deleted: it may have hit what a session has stored anew
   * since, and they must be brought back.
   */
  readonly onOverrun: (blobs: readonly string[]) => Promise<void>;
}

/**
 * Carries out a cycle in the state `deleting`, from where it stands: all of its list that is not rescued is copied to the
 * trash and deleted; then the cycle is done. It may be stopped anywhere and begun again by anyone.
 */
export async function sweep(
  store: ObjectStore,
  collector: Collector,
  list: CondemnedList,
  options: SweepOptions,
): Promise<void> {
  const { signal } = options;
  const { cycle, rescued } = collector.state;
  const keptBlobs = new IdSet(32, rescued.blobs);
  const keptPacks = new IdSet(16, rescued.packs);
  const total = list.blobs.size + list.packs.size;
  for (let at = collector.state.swept; at < total; at = collector.state.swept) {
    const end = Math.min(at + BATCH, total);
    const blobs = idsBetween(list.blobs, at, end).filter((id) => !keptBlobs.has(id));
    const packs = idsBetween(list.packs, at - list.blobs.size, end - list.blobs.size).filter(
      (id) => !keptPacks.has(id),
    );
    const objects = await sideBySide(blobs, CONCURRENT_READS, signal, (id, stop) =>
      blobObjects(store, id, { signal: stop }),
    );
    const keys = [...objects.flat(), ...packs.map(packKey)];
    const copied = await copyToTrash(store, cycle, keys, { signal });
    try {
      // The roots first: a blob whose root is there is taken to be complete.
      for (const part of [copied.filter(isRoot), copied.filter((key) => !isRoot(key))]) {
        // Keys of blobs come back when the same bytes are stored again, and a deletion has no condition: this is the
        // proof, as fresh as can be, that sessions still wait for this batch.
        await collector.update(() => ({}), { signal });
        await deleteAll(store, part, signal);
      }
      await collector.update(() => ({ swept: end }), { signal });
    } catch (error) {
      if (collector.isLost) await options.onOverrun(blobs);
      throw error;
    }
    options.onSwept?.(blobs.length, packs.length);
  }
  await collector.update(() => ({ phase: "done", list: undefined }), { signal });
}

/** Throws the first failure; what it leaves is found again by the next try. */
export async function deleteAll(
  store: ObjectStore,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const { error } of store.deleteMany(keys, { signal })) {
    if (error !== undefined) throw error;
  }
}

function idsBetween(ids: IdSet, start: number, end: number): string[] {
  const found: string[] = [];
  for (let n = Math.max(0, start); n < Math.min(end, ids.size); n++) found.push(ids.id(n));
  return found;
}
