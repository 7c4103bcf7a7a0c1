import { JsonFields, parseJson } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import { parseMetadata } from "../blobs/index.js";
import { findRoot } from "../cycles/index.js";
import type { Digest } from "../keys.js";
import { type BlobId, digestFolder, metadataKey } from "../keys.js";
import type { BlobEntry } from "./blob-entries.js";
import { type CheckContext, noted } from "./check-context.js";

/** What the metadata of a blob say that can be compared. */
export interface ToldOfBlob {
  readonly size: number | undefined;
  /** An older program's, whose ids are no SHA-256 of bytes. */
  readonly isForeign: boolean;
}

/** Undefined if they cannot be read. */
export async function checkMetadata(
  check: CheckContext,
  { id, metadata }: BlobEntry,
  signal: AbortSignal,
): Promise<ToldOfBlob | undefined> {
  const { store } = check;
  const key = metadataKey(id);
  if (metadata === undefined) {
    // They may have been listed while a collection deleted the blob: its bytes go first.
    if ((await findRoot(store, id, { signal })) === undefined) return undefined;
    await check.found({
      kind: "missing",
      key,
      blob: id,
      reason: "the blob is there without its metadata",
      advice: "repair fetches them from a mirror, or makes what can be told from the bytes",
    });
    return undefined;
  }
  try {
    const text = await store.text(key, { signal });
    const uri = store.uriOf(key);
    const { hash, digest } = parseMetadata(text, uri);
    const place = { what: "metadata of a blob", uri, path: "" };
    const fields = new JsonFields(parseJson(text, place.what, uri), place);
    if (hash !== id) {
      await wrongMetadata(check, id, `it is that of the blob ${hash.slice(0, 64)}`);
      return undefined;
    }
    if (digest !== undefined) await checkPointer(check, id, digest, signal);
    return {
      size: fields.has("size") ? fields.integer("size") : undefined,
      isForeign: !fields.has("layout"),
    };
  } catch (error) {
    // Deleted since it was listed.
    if (isLodeError(error, "not-found")) return undefined;
    if (!isLodeError(error, "corrupt-format", "invalid-argument", "integrity")) throw error;
    await wrongMetadata(check, id, error.message);
    return undefined;
  }
}

export function wrongMetadata(check: CheckContext, blob: BlobId, reason: string): Promise<void> {
  return check.found({
    kind: "corrupt",
    key: metadataKey(blob),
    blob,
    reason,
    advice: "the bytes are not concerned; repair makes what can be told from them",
  });
}

async function checkPointer(
  check: CheckContext,
  blob: BlobId,
  digest: Digest,
  signal: AbortSignal,
): Promise<void> {
  const key = `${digestFolder(digest)}${blob}`;
  if (check.pointers.has(noted(key)) || (await check.store.exists(key, { signal }))) return;
  await check.found({
    kind: "orphan",
    key,
    blob,
    reason: "its digest does not lead to it, so that an equal value would be stored again",
    advice: "repair writes what leads to it, unless a session is just storing it",
  });
}
