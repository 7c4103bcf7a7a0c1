import { createHash } from "node:crypto";
import { isLodeError, LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import {
  encodeManifest,
  parseManifest,
  type RunManifest,
  revisionFolder,
  revisionKey,
} from "../manifest/index.js";

/** A revision that is in the store. */
export interface Revision {
  readonly manifest: RunManifest;
  /** Of its bytes, 64 hex digits. */
  readonly sha256: string;
}

/** Writes a revision, which nothing points to yet. Throws `invalid-argument`. */
export async function putRevision(
  store: ObjectStore,
  manifest: RunManifest,
  options: CallOptions = {},
): Promise<Revision> {
  const text = encodeManifest(manifest);
  const sha256 = createHash("sha256").update(text).digest("hex");
  const key = revisionKey(manifest.runId, manifest.revision, sha256);
  try {
    await putJson(store, key, text, { ...options, mode: "create" });
  } catch (error) {
    if (!isLodeError(error, "already-exists")) throw error;
    // Eight digits of a hash can be another's: the bytes decide.
    await readRevision(
      store,
      { runId: manifest.runId, revision: manifest.revision, sha256 },
      options,
    );
  }
  return { manifest, sha256 };
}

/** Which revision of which run. */
export interface RevisionName {
  readonly runId: string;
  readonly revision: number;
  readonly sha256: string;
}

/** Throws `not-found`, `corrupt-format`, and `integrity` for bytes that have another SHA-256. */
export async function readRevision(
  store: ObjectStore,
  { runId, revision, sha256 }: RevisionName,
  options: CallOptions = {},
): Promise<Revision> {
  const key = revisionKey(runId, revision, sha256);
  const uri = store.uriOf(key);
  const bytes = await store.bytes(key, options);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== sha256) {
    throw new LodeError({
      code: "integrity",
      message: `${uri} is damaged: its SHA-256 is ${actual}, and ${sha256} is told of it; restore it from a copy`,
      uri,
    });
  }
  const manifest = parseManifest(Buffer.from(bytes).toString("utf8"), uri);
  if (manifest.runId !== runId || manifest.revision !== revision) {
    throw new LodeError({
      code: "corrupt-format",
      message: `${uri} is revision ${manifest.revision} of ${JSON.stringify(manifest.runId)}, and its name says another`,
      uri,
    });
  }
  return { manifest, sha256 };
}

/** The revision of a key. Throws `not-found`, `corrupt-format`, and `integrity` for one whose name is not of its bytes. */
export async function readRevisionAt(
  store: ObjectStore,
  key: string,
  options: CallOptions = {},
): Promise<Revision> {
  const uri = store.uriOf(key);
  const bytes = await store.bytes(key, options);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const manifest = parseManifest(Buffer.from(bytes).toString("utf8"), uri);
  if (revisionKey(manifest.runId, manifest.revision, sha256) === key) return { manifest, sha256 };
  throw new LodeError({
    code: "integrity",
    message: `${uri} is damaged: its name is not that of revision ${manifest.revision} of ${JSON.stringify(manifest.runId)} with the SHA-256 ${sha256}; restore it from a copy`,
    uri,
  });
}

/** The keys of all revisions of a run, those of lost races too. */
export async function listRevisionKeys(
  store: ObjectStore,
  runId: string,
  options: CallOptions = {},
): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list({ ...options, prefix: revisionFolder(runId) }))
    keys.push(key);
  return keys;
}

/** The revisions from this one back to the first, each told by the one after it. */
export async function* history(
  store: ObjectStore,
  newest: RevisionName,
  options: CallOptions = {},
): AsyncGenerator<Revision, void> {
  for (let name = newest; ; ) {
    const revision = await readRevision(store, name, options);
    yield revision;
    const { previous } = revision.manifest;
    if (previous === null || name.revision === 1) return;
    name = { runId: name.runId, revision: name.revision - 1, sha256: previous };
  }
}
