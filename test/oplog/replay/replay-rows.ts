import {
  type OpLogEntry,
  type ReplayedOperation,
  type ReplayOptions,
  replay,
} from "../../../src/oplog/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { log, rowAt } from "./log-rows.js";

/** Replays rows that begin a millisecond apart, one after the other unless told otherwise. */
export async function replayRows(
  store: ObjectStore,
  rows: readonly Partial<OpLogEntry>[],
  options: Partial<ReplayOptions> = {},
) {
  const told: ReplayedOperation[] = [];
  const result = await replay(log(rows.map((row, i) => rowAt(i, row))), {
    to: "mem://t",
    openStore: async () => store,
    speed: "max",
    concurrency: 1,
    onOperation: (operation) => {
      told.push(operation);
    },
    ...options,
  });
  return { result, told };
}

export async function keysOf(store: ObjectStore): Promise<[key: string, size: number][]> {
  const keys: [string, number][] = [];
  for await (const { key, size } of store.list()) keys.push([key, size]);
  return keys;
}
