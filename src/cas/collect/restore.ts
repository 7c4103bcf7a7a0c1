import { type Clock, systemClock } from "../../core/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { type BlobId, checkBlobId } from "../keys.js";
import { Lease } from "../sessions/index.js";

export interface RestoreOptions extends CallOptions {
  readonly clock?: Clock | undefined;
}

export interface RestoreResult {
  /** In place now, with all that they need. */
  readonly restored: readonly BlobId[];
  /** Neither in place nor in the trash. */
  readonly missing: readonly BlobId[];
}

/**
 * Brings blobs back from the trash, with their packs and all that they link to. For the grace they stay there by themselves; give them a
 * ref to keep them. Throws `invalid-argument`, `unsupported`.
 */
export async function restoreBlobs(
  store: ObjectStore,
  ids: Iterable<BlobId>,
  { clock = systemClock, signal }: RestoreOptions = {},
): Promise<RestoreResult> {
  const wanted = [...new Set([...ids].map(checkBlobId))];
  await using lease = await Lease.open(store, { clock, signal });
  const missing = await lease.bringBack(wanted, { signal });
  // What was in place was held in time only if nobody took this session for dead.
  for (const id of missing) lease.releaseBlob(id);
  await lease.confirm({ signal });
  const lost = new Set(missing);
  return { restored: wanted.filter((id) => !lost.has(id)), missing };
}
