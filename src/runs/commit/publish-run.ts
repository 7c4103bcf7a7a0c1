import { parseStoreUri, sideBySide } from "../../core/index.js";
import { LodeError, toLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import { copyKey, encodeSeedManifest, type RunFacts, type RunManifest } from "../manifest/index.js";
import { encodePointer, isStorageMode, locationOf, pointersOf } from "../views/index.js";
import { readSaved, type SavedRun } from "./saved-run.js";

const AT_A_TIME = 16;

/** What is derived from the newest revision: objects by their keys. Nothing for a run that is deleted or gone. */
export function derivedObjects(
  store: ObjectStore,
  saved: SavedRun | undefined,
): Map<string, string> {
  const objects = new Map<string, string>();
  if (saved === undefined || saved.head.head.deletedAt !== null) return objects;
  const { manifest } = saved;
  objects.set(copyKey(manifest.runId), copyOf(store, manifest));
  for (const [key, mode] of pointersOf(manifest)) {
    objects.set(key, encodePointer({ runId: manifest.runId, mode }));
  }
  return objects;
}

/**
 * Writes the copy in mltrack's form and the pointers of views after a commit, and removes the pointers that it took
 * away. Looks at the head in the end: if it moved, what is derived may be from either, and is made again. Throws
 * `partial-failure`, with `details.committed` true: the run itself is saved.
 */
export async function publishRun(
  store: ObjectStore,
  saved: SavedRun,
  replaced: RunFacts | undefined,
  { signal }: CallOptions = {},
): Promise<void> {
  const { runId } = saved.manifest;
  try {
    await publish(store, runId, saved, replaced, signal);
  } catch (cause) {
    const own = toLodeError(cause, "save", store.uriOf(copyKey(runId)));
    throw new LodeError({
      code: own.code === "aborted" ? "aborted" : "partial-failure",
      retry: own.retry,
      message: `run ${JSON.stringify(runId)} is saved, but its copy or its views could not be written (${own.message}): rebuild the views`,
      uri: own.uri,
      details: { committed: true },
      cause: own,
    });
  }
}

async function publish(
  store: ObjectStore,
  runId: string,
  saved: SavedRun,
  replaced: RunFacts | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  // The pointers of what was replaced are there already.
  const there = new Set(replaced === undefined ? [] : pointersOf(replaced).keys());
  const touched = new Set(there);
  for (let newest: SavedRun | undefined = saved, first = true; ; first = false) {
    const wanted = derivedObjects(store, newest);
    const puts = [...wanted].filter(([key]) => !first || !there.has(key));
    const gone = [...touched, copyKey(runId)].filter((key) => !wanted.has(key));
    for (const key of wanted.keys()) touched.add(key);
    await sideBySide(puts, AT_A_TIME, signal, ([key, text], inner) =>
      putJson(store, key, text, { mode: "overwrite", signal: inner }),
    );
    await sideBySide(gone, AT_A_TIME, signal, (key, inner) => store.delete(key, { signal: inner }));
    const now = await readSaved(store, runId, { signal });
    if (now?.head.etag === newest?.head.etag) return;
    newest = now;
  }
}

function copyOf(store: ObjectStore, manifest: RunManifest): string {
  const prefix = bucketPrefix(store.uri);
  return encodeSeedManifest(manifest, {
    storagePath: ({ key }) => store.uriOf(key),
    storageLocations: manifest.storageModes
      .filter(isStorageMode)
      .map((mode) => `${prefix}${locationOf(manifest, mode)}`),
  });
}

/** Keys in mltrack's manifests are those of the bucket; a local store has none. */
function bucketPrefix(uri: string): string {
  if (!/^(?:s3|az):/.test(uri)) return "";
  const { key } = parseStoreUri(uri);
  return key === "" ? "" : `${key}/`;
}
