// Data sets of shards as the items of an epoch: the order of shards, who reads which of them, reading
// ahead, shuffling in a buffer, and going on from a saved position with exactly the same items. It knows
// no formats: a StreamDataset opens shards. Defines place (of a shard in a rank's order) and lane (shards
// read one after the other).

export { planShards, type ShardPlan, type ShardPlanOptions } from "./shard-plan.js";
export type { StreamSourceOptions } from "./stream-options.js";
export { streamSource } from "./stream-source.js";
export type { ItemPlace, StreamIdentity, StreamState } from "./stream-state.js";
