import { isLodeError, LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { RunManifest } from "../manifest/index.js";
import { revisionKey } from "../manifest/index.js";
import { readHead, type StoredHead } from "./heads.js";
import { readRevision } from "./revisions.js";

/** A revision that was the newest one when it was read or written. */
export interface SavedRun {
  readonly manifest: RunManifest;
  readonly head: StoredHead;
}

/** The newest revision of a run, deleted or not; undefined if there is no such run. */
export async function readSaved(
  store: ObjectStore,
  runId: string,
  options: CallOptions = {},
): Promise<SavedRun | undefined> {
  const head = await readHead(store, runId, options);
  return head === undefined ? undefined : readSavedAt(store, head, options);
}

/** The revision that a head tells; undefined if the run has been removed meanwhile. */
export async function readSavedAt(
  store: ObjectStore,
  head: StoredHead,
  options: CallOptions = {},
): Promise<SavedRun | undefined> {
  const { runId, revision, manifestSha256: sha256 } = head.head;
  try {
    const { manifest } = await readRevision(store, { runId, revision, sha256 }, options);
    return { manifest, head };
  } catch (error) {
    if (!isLodeError(error, "not-found")) throw error;
    const now = await readHead(store, runId, options);
    if (now === undefined || now.head.purging) return undefined;
    const uri = store.uriOf(revisionKey(runId, revision, sha256));
    throw new LodeError({
      code: "integrity",
      message: `${uri} is missing, and the head of run ${JSON.stringify(runId)} names it; restore it from a copy`,
      uri,
      cause: error,
    });
  }
}
