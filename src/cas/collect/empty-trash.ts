import type { ObjectStore } from "../../storage/index.js";
import { type Collector, deleteAll, TRASH } from "../cycles/index.js";

const BATCH = 1_000;

export interface EmptyTrashOptions {
  /** Milliseconds for which what was deleted can be restored. */
  readonly restoreWindow: number;
  readonly signal?: AbortSignal | undefined;
  readonly onFreed?: ((objects: number) => void) | undefined;
}

/**
 * Deletes from the trash what lies there for longer than the window. Whoever calls it has just seen that no live blob
 * needs anything of it.
 */
export async function emptyTrash(
  store: ObjectStore,
  collector: Collector,
  { restoreWindow, signal, onFreed }: EmptyTrashOptions,
): Promise<{ objects: number; bytes: number }> {
  const freed = { objects: 0, bytes: 0 };
  const keys: string[] = [];
  const flush = async (): Promise<void> => {
    await collector.beat({ signal });
    await deleteAll(store, keys, signal);
    onFreed?.(keys.length);
    keys.length = 0;
  };
  for await (const { key, size, lastModified } of store.list({ prefix: TRASH, signal })) {
    if (collector.now() - lastModified.getTime() <= restoreWindow) continue;
    keys.push(key);
    freed.objects += 1;
    freed.bytes += size;
    if (keys.length === BATCH) await flush();
  }
  if (keys.length > 0) await flush();
  return freed;
}
