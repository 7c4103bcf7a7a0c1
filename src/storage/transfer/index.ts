// Transfers between any two stores: one object, a tree, a list; copied, moved, synchronised or
// deleted, in bounded memory, verified and resumable, told as events. A local file is an object of a
// file store, so that uploads and downloads are copies. No provider's name and no output are known
// here. It defines the words transfer, part, journal, selection, plan, item and summary.
export { BufferPool, DEFAULT_MEMORY_LIMIT, type PooledBuffer } from "./buffer-pool.js";
export { type DeleteOptions, deleteObjects, deleteTree } from "./delete-objects.js";
export * from "./events.js";
export { DEFAULT_MULTIPART_THRESHOLD, DEFAULT_PART_SIZE } from "./part-plan.js";
export type { Selection } from "./selection.js";
export type { SyncComparison } from "./sync-decision.js";
export { type SyncOptions, syncTree } from "./sync-tree.js";
export {
  type ListedKey,
  type ListTransferOptions,
  moveList,
  transferList,
} from "./transfer-list.js";
export { moveObject, type ObjectTransferOptions, transferObject } from "./transfer-object.js";
export type {
  ObjectPlace,
  RunOptions,
  TransferMode,
  TransferOptions,
  TreePlace,
} from "./transfer-options.js";
export { moveTree, type TreeTransferOptions, transferTree } from "./transfer-tree.js";
