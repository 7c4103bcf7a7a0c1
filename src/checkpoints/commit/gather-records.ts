import { LodeError } from "../../errors.js";
import type { CheckpointContext } from "../context.js";
import {
  type CheckpointName,
  nameText,
  type PendingRecord,
  pendingPrefix,
  readPending,
} from "../manifest/index.js";
import { lookUntil } from "./back-off.js";

export interface GatherOptions {
  /** Milliseconds from now. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((ready: number) => void) | undefined;
}

/** Names of missing ranks in a message; there may be thousands. */
const NAMED = 20;

/**
 * Waits until every rank has left its record, and gives them by rank. Throws `timeout`, which names the
 * ranks that are missing (all of them in `details.missing`), and `invalid-argument` for a rank whose
 * record contradicts rank 0's.
 */
export async function gatherRecords(
  { store }: CheckpointContext,
  name: CheckpointName,
  own: PendingRecord,
  { timeoutMs, signal, onProgress }: GatherOptions,
): Promise<PendingRecord[]> {
  const { worldSize } = own;
  let known: ReadonlyMap<number, PendingRecord> = new Map();
  let told = 0;
  const records = await lookUntil(
    async () => {
      known = await readPending(store, name, { known, signal });
      for (const record of known.values()) checkAgrees(name, own, record);
      if (known.size > told) onProgress?.(known.size);
      told = known.size;
      return known.size === worldSize ? known : undefined;
    },
    { timeoutMs, signal },
  );
  if (records !== undefined) return [...records.values()].sort(byRank);
  const missing = Array.from({ length: worldSize }, (_, rank) => rank).filter(
    (rank) => !known.has(rank),
  );
  throw new LodeError({
    code: "timeout",
    message: `${missing.length} of ${worldSize} ranks of ${nameText(name)} have not stored their shard within ${timeoutMs / 1000} s: ${listed(missing)}; call finalize again to go on waiting, or save anew under another id`,
    operation: "finalize",
    uri: store.uriOf(pendingPrefix(name)),
    details: { missing },
  });
}

function byRank(a: PendingRecord, b: PendingRecord): number {
  return a.shard.rank - b.shard.rank;
}

function listed(ranks: readonly number[]): string {
  const shown = ranks.slice(0, NAMED).join(", ");
  return ranks.length > NAMED ? `${shown}, ...` : `rank ${shown}`;
}

/** Throws `invalid-argument` that says which rank says what. */
export function checkAgrees(name: CheckpointName, own: PendingRecord, other: PendingRecord): void {
  const { rank } = other.shard;
  const fields = ["worldSize", "globalStep", "epoch", "framework"] as const;
  const field = fields.find((one) => other[one] !== own[one]);
  if (field !== undefined) {
    throw contradiction(
      name,
      rank,
      `rank ${rank} says ${field} ${JSON.stringify(other[field])}, and rank ${own.shard.rank} says ${JSON.stringify(own[field])}`,
    );
  }
  if (rank >= own.worldSize) {
    throw contradiction(name, rank, `rank ${rank} is none of a world of ${own.worldSize}`);
  }
}

function contradiction(name: CheckpointName, rank: number, what: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the ranks of ${nameText(name)} contradict each other: ${what}; give all ranks the same facts and a new id`,
    operation: "finalize",
    details: { rank },
  });
}
