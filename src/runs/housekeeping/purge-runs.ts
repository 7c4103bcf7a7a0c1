import { type BlobId, refKey } from "../../cas/index.js";
import { sideBySide } from "../../core/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import {
  blobsOf,
  derivedObjects,
  listHeadKeys,
  listRevisionKeys,
  RUN_REFS,
  readHeadAt,
  readSavedAt,
  type StoredHead,
  swapHead,
} from "../commit/index.js";
import type { RunContext } from "../context.js";
import { headKey, parseManifest } from "../manifest/index.js";

const AT_A_TIME = 16;
const DAY = 24 * 60 * 60 * 1000;
/** In milliseconds: seven days. */
const RESTORE_WINDOW = 7 * DAY;

export interface PurgeOptions extends CallOptions {
  /** Milliseconds for which a deleted run can be restored. Default 7 days. */
  readonly restoreWindow?: number | undefined;
  /** Tell, and change nothing. */
  readonly dryRun?: boolean | undefined;
}

/** A run that was removed for good, or would be. */
export interface PurgedRun {
  readonly runId: string;
  readonly deletedAt: string;
  /** What it kept; collection removes those that nothing else keeps. */
  readonly blobs: readonly BlobId[];
}

/**
 * Removes deleted runs for good whose restore window is over, and goes on where it was stopped: the refs of all
 * revisions, the revisions, the head last.
 */
export async function purgeRuns(
  context: RunContext,
  options: PurgeOptions = {},
): Promise<PurgedRun[]> {
  const { restoreWindow = RESTORE_WINDOW, dryRun = false, signal } = options;
  const { store, clock } = context;
  const purged: PurgedRun[] = [];
  for await (const key of listHeadKeys(store, { signal })) {
    const head = await readHeadAt(store, key, { signal });
    const { runId, deletedAt, purging } = head?.head ?? {};
    if (head === undefined || runId === undefined || !deletedAt) continue;
    const over = Date.parse(deletedAt) + restoreWindow <= clock.now();
    if (!over && purging !== true) continue;
    const blobs = await blobsOfAll(store, runId, signal);
    if (dryRun || (await purge(store, head, blobs, signal))) {
      purged.push({ runId, deletedAt, blobs });
    }
  }
  return purged;
}

/** False if the run was restored meanwhile. */
async function purge(
  store: ObjectStore,
  current: StoredHead,
  blobs: readonly BlobId[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { runId } = current.head;
  if (!current.head.purging) {
    // The pointers went when it was deleted, unless that was stopped.
    const saved = await readSavedAt(store, current, { signal });
    const shown = saved && {
      ...saved,
      head: { ...current, head: { ...current.head, deletedAt: null } },
    };
    const taken = await swapHead(store, current, { ...current.head, purging: true }, { signal });
    if (taken === undefined) return false;
    for (const key of derivedObjects(store, shown).keys()) await store.delete(key, { signal });
  }
  await sideBySide(blobs, AT_A_TIME, signal, (blob, inner) =>
    store.delete(refKey(blob, RUN_REFS, runId), { signal: inner }),
  );
  const revisions = await listRevisionKeys(store, runId, { signal });
  await sideBySide(revisions, AT_A_TIME, signal, (key, inner) =>
    store.delete(key, { signal: inner }),
  );
  await store.delete(headKey(runId), { signal });
  return true;
}

/** Of all revisions that are there, those of lost races too. */
async function blobsOfAll(
  store: ObjectStore,
  runId: string,
  signal: AbortSignal | undefined,
): Promise<BlobId[]> {
  const keys = await listRevisionKeys(store, runId, { signal });
  const lists = await sideBySide(keys, AT_A_TIME, signal, async (key, inner) =>
    blobsOf(parseManifest(await store.text(key, { signal: inner }), store.uriOf(key))),
  );
  return [...new Set(lists.flat())];
}
