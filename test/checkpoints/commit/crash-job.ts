import { CheckpointStore } from "../../../src/checkpoints/checkpoint-store.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { noise } from "../../storage/transfer/stores.js";

/** What is killed: a save by one process, or by two ranks (here of one process). */
export type CrashJob = "save" | "ranks";

/** Small, so that a sweep is quick; the second shard goes in parts all the same. */
function blockSizeOf(store: ObjectStore): number {
  return Math.max(65_536, store.capabilities.minPartBytes);
}

/** A killed process takes nothing from the page cache, and syncing would be most of the time. */
export const UNSYNCED = { sync: "none" } as const;

/** Steps: before the crash, of the job that is killed, after the crash. */
export const [OLD, KILLED, NEXT] = [1, 2, 3] as const;

/** The shards of a step: of the killed job one goes in two parts, all others by one put. */
export function shardsOf(step: number, store: ObjectStore): readonly Uint8Array[] {
  const size = step === KILLED ? blockSizeOf(store) + 1000 : 100;
  return [noise(1000, step + 1), Buffer.alloc(size, noise(4099, step + 2))];
}

export function openJob(store: ObjectStore): CheckpointStore {
  return new CheckpointStore(store, { blockSize: blockSizeOf(store) });
}

/** The save that is killed; `open` gives each rank its store. */
export async function runJob(job: CrashJob, open: () => Promise<ObjectStore>): Promise<void> {
  const store = await open();
  const shards = shardsOf(KILLED, store);
  const facts = { step: KILLED, id: "killed" };
  if (job === "save") {
    await openJob(store).save({ ...facts, shards });
    return;
  }
  await Promise.all(
    shards.map(async (shard, rank) => {
      const writer = openJob(await open()).writer({ ...facts, rank, worldSize: shards.length });
      await writer.putShard(shard);
      await writer.finalize({ timeoutMs: 60_000 });
    }),
  );
}
