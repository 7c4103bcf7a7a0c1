import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { BlobFacts, BlobMetadata } from "../blob.js";
import { encodeMetadata, findBlob, parseMetadata } from "../blobs/index.js";
import { type BlobId, isDigest, metadataKey } from "../keys.js";
import type { Mirrors } from "./mirrors.js";

/** The text of metadata for a blob: a mirror's, else what can be read of its own, else what its bytes tell. Undefined if it is gone. */
export async function metadataFor(
  store: ObjectStore,
  blob: BlobId,
  mirrors: Mirrors,
  options: CallOptions,
): Promise<{ text: string; isFetched: boolean } | undefined> {
  const facts = (await findBlob(store, blob, options))?.facts;
  if (facts === undefined) return undefined;
  const fetched = await mirrors.metadata(blob, options);
  const metadata =
    fetched ??
    (await ownMetadata(store, blob, options)) ??
    (await leastMetadata(store, facts, options));
  const { size, format, layout } = facts;
  const digest = isDigest(metadata.digest) ? metadata.digest : undefined;
  const text = encodeMetadata({ ...metadata, hash: blob, size, format, layout, digest });
  return { text, isFetched: fetched !== undefined };
}

/** Undefined if they are another's, or cannot be read. */
async function ownMetadata(
  store: ObjectStore,
  blob: BlobId,
  options: CallOptions,
): Promise<BlobMetadata | undefined> {
  const key = metadataKey(blob);
  try {
    const metadata = parseMetadata(await store.text(key, options), store.uriOf(key));
    return metadata.hash === blob ? metadata : undefined;
  } catch (error) {
    if (isLodeError(error, "not-found", "corrupt-format", "integrity")) return undefined;
    throw error;
  }
}

async function leastMetadata(
  store: ObjectStore,
  { id, key, size, format, layout }: BlobFacts,
  options: CallOptions,
): Promise<BlobMetadata> {
  const { lastModified } = await store.head(key, options);
  const created_at = lastModified.toISOString();
  return { name: id, hash: id, type: "bytes", created_at, size, format, layout };
}
