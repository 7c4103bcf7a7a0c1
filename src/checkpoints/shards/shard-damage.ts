import { isLodeError, LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { ShardMeta } from "../manifest/index.js";

/** A place where a shard is not what its manifest says. */
export interface ShardDamage {
  readonly rank: number;
  readonly key: string;
  /** In the stored object, in bytes: where the damaged block begins, or where the object ends early. */
  readonly offset: number;
  readonly reason: string;
}

/** `integrity`; `details` are a {@link ShardDamage}. */
export function damageError(
  store: ObjectStore,
  shard: ShardMeta,
  { offset, reason }: Pick<ShardDamage, "offset" | "reason">,
  cause?: unknown,
): LodeError {
  const { rank, key } = shard;
  const details: ShardDamage = { rank, key, offset, reason };
  return new LodeError({
    code: "integrity",
    message: `shard ${rank} (${key}) is damaged at byte ${offset}: ${reason}`,
    operation: "get",
    uri: store.uriOf(key),
    details: { ...details },
    cause,
  });
}

/** What an error of {@link damageError} tells; undefined for any other. */
export function damageOf(error: unknown): ShardDamage | undefined {
  if (!isLodeError(error, "integrity")) return undefined;
  const { rank, key, offset, reason } = error.details as Partial<ShardDamage>;
  if (rank === undefined || key === undefined || offset === undefined || reason === undefined) {
    return undefined;
  }
  return { rank, key, offset, reason };
}
