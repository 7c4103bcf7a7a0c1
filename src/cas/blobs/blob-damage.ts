import { LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { BlobId } from "../keys.js";

/** A place where a blob is not what its id says. */
export interface BlobDamage {
  readonly blob: BlobId;
  /** The object that is damaged. */
  readonly key: string;
  /** In that object, in bytes. */
  readonly offset: number;
  readonly reason: string;
  readonly pack?: string | undefined;
  readonly cause?: unknown;
}

/** `integrity`; `details` are `blob`, `key`, `offset`, `reason`, and `pack` where the damage is in one. */
export function blobDamage(store: ObjectStore, damage: BlobDamage): LodeError {
  const { blob, key, offset, reason, pack, cause } = damage;
  return new LodeError({
    code: "integrity",
    message: `blob ${blob} is damaged at byte ${offset} (${key}): ${reason}`,
    operation: "get",
    uri: store.uriOf(key),
    details: { blob, key, offset, reason, ...(pack === undefined ? {} : { pack }) },
    cause,
  });
}
