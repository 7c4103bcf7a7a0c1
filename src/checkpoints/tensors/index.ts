// Shards that hold tensors by name: safetensors files that also say which part of a global tensor they
// have, read in part, and cut anew for another number of ranks. Takes RangeReaders and gives pieces; knows
// no stores and no manifests. Defines ShardTensors, TensorSlice, TensorBox and GlobalTensor.
export { chunkBox, chunkRange, type TensorBox } from "./box.js";
export type { GlobalTensor } from "./global-tensors.js";
export { loadResharded, type ReshardOptions } from "./load-resharded.js";
export {
  type LoadedTensor,
  openTensors,
  type ShardTensorInfo,
  type TensorReadOptions,
  TensorShard,
} from "./open-tensors.js";
export type { PlannedRead } from "./reads.js";
export { type ReshardBytesOptions, reshardBytes } from "./reshard-bytes.js";
export {
  type PlannedTensor,
  type ReshardPlan,
  type ReshardTarget,
  reshardPlan,
} from "./reshard-plan.js";
export { SLICES_KEY, type TensorSlice } from "./slices.js";
export { type ShardTensor, type ShardTensors, tensorPieces } from "./tensor-pieces.js";
