import { randomUUID } from "node:crypto";
import { isLodeError } from "../../errors.js";
import type { Backend, ObjectMeta, WriteMode, WriteOptions, WriteResult } from "../backend.js";

/** Metadata that tells whose conditional write an object is. */
const WRITE_ID = "lode-write-id";

/**
 * The id to mark a write with, so that a repeated one can recognise its own success; undefined
 * where the write is unconditional (repeating it does no harm) or the store keeps no metadata.
 */
export function writeIdFor(inner: Backend, mode: WriteMode | undefined): string | undefined {
  if (mode === undefined || mode === "overwrite" || !inner.capabilities.userMetadata) {
    return undefined;
  }
  return randomUUID();
}

/** The options with the id among the metadata. */
export function stamped<O extends WriteOptions>(options: O, id: string | undefined): O {
  if (id === undefined) return options;
  return { ...options, metadata: { ...options.metadata, [WRITE_ID]: id } };
}

/** The facts without the id, which is no business of the user's. */
export function unstamped<M extends ObjectMeta>(meta: M): M {
  if (meta.metadata?.[WRITE_ID] === undefined) return meta;
  const { [WRITE_ID]: _, ...metadata } = meta.metadata;
  return { ...meta, metadata };
}

/** What a write with this id published, or undefined if the object is not its work. */
export async function ownWrite(
  inner: Backend,
  key: string,
  id: string,
  signal: AbortSignal | undefined,
): Promise<WriteResult | undefined> {
  let meta: ObjectMeta;
  try {
    meta = await inner.head(key, { signal });
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
  if (meta.metadata?.[WRITE_ID] !== id) return undefined;
  const { etag, size, crc32c, versionId } = meta;
  return { etag, size, crc32c, versionId };
}
