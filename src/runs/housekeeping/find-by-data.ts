import { type BlobId, type Digest, digestBlobs, isBlobId, refFolder } from "../../cas/index.js";
import { sideBySide } from "../../core/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { RUN_REFS, readHeadAt, readSavedAt, type SavedRun } from "../commit/index.js";
import { type DataReference, headKeyOfOwner, type RunManifest } from "../manifest/index.js";

const AT_A_TIME = 16;

/** Data by the id of its blob, by its digest, or as a reference: then by the digest where there is one. */
export type DataQuery = BlobId | Digest | Pick<DataReference, "hash" | "digest">;

export interface DataUse {
  readonly role: "input" | "output" | "model";
  readonly name: string;
}

export interface UsingRun {
  readonly saved: SavedRun;
  readonly uses: readonly DataUse[];
}

/**
 * The runs whose newest revisions use the data, in order of their ids' keys. Looks at the refs of the blobs
 * and reads the runs that they tell. Throws `invalid-argument`.
 */
export async function findByData(
  store: ObjectStore,
  query: DataQuery,
  { signal }: CallOptions = {},
): Promise<UsingRun[]> {
  const { blobs, digest } = await blobsAsked(store, query, signal);
  const heads = await headsReferring(store, blobs, signal);
  const found = await sideBySide([...heads].sort(), AT_A_TIME, signal, async (key, inner) => {
    const head = await readHeadAt(store, key, { signal: inner });
    // A ref comes before the first revision and outlives the last one that used the data.
    if (head === undefined || head.head.deletedAt !== null) return [];
    const saved = await readSavedAt(store, head, { signal: inner });
    const uses = saved === undefined ? [] : usesOf(saved.manifest, blobs, digest);
    return saved === undefined || uses.length === 0 ? [] : [{ saved, uses }];
  });
  return found.flat();
}

/** How many runs may use the data: those with refs of it, which {@link findByData} has to read. */
export async function countRefs(
  store: ObjectStore,
  query: DataQuery,
  { signal }: CallOptions = {},
): Promise<number> {
  const { blobs } = await blobsAsked(store, query, signal);
  return (await headsReferring(store, blobs, signal)).size;
}

/** The keys of the heads of the runs that have refs of blobs. */
async function headsReferring(
  store: ObjectStore,
  blobs: ReadonlySet<BlobId>,
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const heads = new Set<string>();
  for (const blob of blobs) {
    const prefix = `${refFolder(blob)}${RUN_REFS}/`;
    for await (const { key } of store.list({ prefix, signal })) {
      heads.add(headKeyOfOwner(key.slice(prefix.length)));
    }
  }
  return heads;
}

async function blobsAsked(
  store: ObjectStore,
  query: DataQuery,
  signal: AbortSignal | undefined,
): Promise<{ blobs: Set<BlobId>; digest: Digest | undefined }> {
  if (typeof query === "string" && isBlobId(query)) {
    return { blobs: new Set([query]), digest: undefined };
  }
  const digest = typeof query === "string" ? query : query.digest;
  const blobs = new Set<BlobId>(typeof query === "string" ? [] : [query.hash]);
  if (digest === undefined) return { blobs, digest };
  for await (const blob of digestBlobs(store, digest, { signal })) blobs.add(blob);
  return { blobs, digest };
}

function usesOf(
  run: RunManifest,
  blobs: ReadonlySet<BlobId>,
  digest: Digest | undefined,
): DataUse[] {
  const isMeant = (reference: DataReference): boolean =>
    digest === undefined || reference.digest === undefined
      ? blobs.has(reference.hash)
      : reference.digest === digest;
  const uses: DataUse[] = [];
  for (const [role, references] of [
    ["input", run.inputs],
    ["output", run.outputs],
  ] as const) {
    for (const [name, reference] of Object.entries(references)) {
      if (isMeant(reference)) uses.push({ role, name });
    }
  }
  const { blob, name = "model" } = run.model ?? {};
  if (blob !== undefined && blobs.has(blob)) uses.push({ role: "model", name });
  return uses;
}
