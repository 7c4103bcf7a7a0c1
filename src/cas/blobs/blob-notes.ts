import { JsonFields, parseJson } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { BlobDescription, BlobFacts, BlobLayout, BlobMetadata, Ref } from "../blob.js";
import {
  type BlobId,
  blobOfDigest,
  type Digest,
  decodePart,
  digestFolder,
  isBlobId,
  metadataKey,
  refFolder,
  refKey,
} from "../keys.js";
import { createJson } from "./create-json.js";
import { describeBlob, encodeMetadata, parseMetadata } from "./metadata-json.js";

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** What must be there before a blob is: its metadata. Those that are there first stay. */
export async function putNotesBefore(
  store: ObjectStore,
  blob: { id: BlobId; size: number; layout: BlobLayout },
  description: BlobDescription,
  { now, signal }: CallOptions & { readonly now: number },
): Promise<void> {
  const metadata = encodeMetadata(describeBlob(description, blob, now));
  await createJson(store, metadataKey(blob.id), metadata, { signal });
}

/** What leads to a blob that is there. */
export async function putNotesAfter(
  store: ObjectStore,
  blob: BlobId,
  { digest }: BlobDescription,
  options: CallOptions,
): Promise<void> {
  if (digest !== undefined) await putDigest(store, blob, digest, options);
}

/** Makes the digest lead to the blob. */
export async function putDigest(
  store: ObjectStore,
  blob: BlobId,
  digest: Digest,
  options: CallOptions,
): Promise<void> {
  await createJson(
    store,
    `${digestFolder(digest)}${blob}`,
    json({ version: 1, blob, digest }),
    options,
  );
}

/** Throws `corrupt-format`. What an older program did not tell comes from what there is. */
export async function readMetadata(
  store: ObjectStore,
  { id, size, format, layout }: BlobFacts,
  options: CallOptions,
): Promise<BlobMetadata> {
  const key = metadataKey(id);
  const metadata = parseMetadata(await store.text(key, options), store.uriOf(key));
  // A blob that was begun in another layout before has kept those metadata.
  return { ...metadata, size, format, layout };
}

/** Blobs to which a digest leads; they may be gone. */
export async function* digestBlobs(
  store: ObjectStore,
  digest: Digest,
  { signal }: CallOptions,
): AsyncGenerator<BlobId, void, undefined> {
  const own = blobOfDigest(digest);
  if (own !== undefined) yield own;
  const prefix = digestFolder(digest);
  for await (const { key } of store.list({ prefix, signal })) {
    const blob = key.slice(prefix.length);
    if (isBlobId(blob) && blob !== own) yield blob;
  }
}

/** Keeps a blob alive; a ref that is there is no error. */
export async function putRef(store: ObjectStore, ref: Ref, options: CallOptions): Promise<void> {
  const { blob, kind, owner } = ref;
  await createJson(
    store,
    refKey(blob, kind, owner),
    json({ version: 1, blob, kind, owner }),
    options,
  );
}

/** What keeps a blob alive. */
export async function* listRefs(
  store: ObjectStore,
  blob: BlobId,
  { kind, signal }: CallOptions & { readonly kind?: string | undefined },
): AsyncGenerator<Ref, void, undefined> {
  const prefix = `${refFolder(blob)}${kind === undefined ? "" : `${kind}/`}`;
  const start = refFolder(blob).length;
  for await (const { key } of store.list({ prefix, signal })) {
    const [kind = "", part = ""] = key.slice(start).split("/");
    const owner = decodePart(part) ?? (await readOwner(store, key, signal));
    if (owner !== undefined) yield { blob, kind, owner };
  }
}

/** Of an owner whose name is too long for a key; undefined if the ref is gone. */
async function readOwner(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const place = { what: "ref to a blob", uri: store.uriOf(key), path: "" };
  try {
    const text = await store.text(key, { signal });
    return new JsonFields(parseJson(text, place.what, place.uri), place).text("owner");
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}
