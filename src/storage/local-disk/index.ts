// What the stores in a folder of a local disk (`file://`, `direct://`) have in common: keys as paths
// that cannot leave the root, atomic publishing, locks between processes, ordered listings, uploads
// in parts that survive a crash, and the meaning of the system's errors. It is no backend itself: the
// two differ in their DataIo, the way in which the bytes of a file are read and written.
// It defines the words Place (where a key's file is), Sidecar, Leftover and SyncMode.

export { BufferedFile, BufferedIo, pieces } from "./buffered-io.js";
export type { ChunkReader, DataFile, DataIo, WrittenBody } from "./data-io.js";
export { type FsCalls, nodeFsCalls } from "./fs-calls.js";
export { FS_ERRORS, fsErrorCode, isFsError, mapFsError } from "./fs-error.js";
export type { LocalDiskOptions, SyncMode } from "./local-disk.js";
export { LocalDiskBackend } from "./local-disk-backend.js";
export { localDiskCapabilities } from "./local-disk-capabilities.js";
export { type LocalDiskConfig, resolveLocalDiskConfig } from "./local-disk-config.js";
export { liveness, processTag } from "./process-owner.js";
export {
  bodyLength,
  type OnWarning,
  type StoreWarning,
  wrongLength,
} from "./store-errors.js";
export { WriteLock } from "./write-lock.js";
