import { LodeError } from "../errors.js";
import type { CallOptions, ObjectStore } from "../storage/index.js";
import { history, readSaved, type SavedRun } from "./commit/index.js";
import { checkRunId, copyKey, headKey, type RunManifest } from "./manifest/index.js";

/** The newest revision of a run that is not deleted. Throws `not-found`, `invalid-argument`. */
export async function findRun(
  store: ObjectStore,
  id: string,
  { signal }: CallOptions,
): Promise<SavedRun> {
  const saved = await readSaved(store, checkRunId(id), { signal });
  const deletedAt = saved?.head.head.deletedAt ?? null;
  if (saved !== undefined && deletedAt === null) return saved;
  const why =
    deletedAt === null
      ? await whyMissing(store, id, signal)
      : `it was deleted at ${deletedAt}; restore it`;
  throw new LodeError({
    code: "not-found",
    message: `no run ${JSON.stringify(id)}: ${why}`,
    uri: store.uriOf(headKey(id)),
  });
}

/** The manifests of all revisions, the newest first. */
export async function* manifestsOf(
  store: ObjectStore,
  { head }: SavedRun,
  options: CallOptions,
): AsyncGenerator<RunManifest, void> {
  const { runId, revision, manifestSha256: sha256 } = head.head;
  for await (const { manifest } of history(store, { runId, revision, sha256 }, options)) {
    yield manifest;
  }
}

/** An older revision. Throws `not-found`. */
export async function findRevision(
  store: ObjectStore,
  saved: SavedRun,
  revision: number,
  options: CallOptions,
): Promise<RunManifest> {
  for await (const older of manifestsOf(store, saved, options)) {
    if (older.revision === revision) return older;
  }
  const { runId, revision: newest } = saved.manifest;
  throw new LodeError({
    code: "not-found",
    message: `run ${JSON.stringify(runId)} has no revision ${revision}; its newest is ${newest}`,
  });
}

async function whyMissing(
  store: ObjectStore,
  id: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  // Copies follow heads, so that one without a head is not ours.
  const foreign = await store.exists(copyKey(id), { signal });
  return foreign
    ? "there is a manifest of mltrack only; migrate it to another place"
    : "there is none of this id";
}
