// Objects as ordinary files in a folder, `file:///path`. A key is the path below the root; writes are
// atomic and synced, reads go through the operating system's page cache. It is not a sandbox against
// programs that rearrange the folder at the very moment of a call; see docs/backends.

export { FileBackend, openFileBackend } from "./backend.js";
export { fileCapabilities } from "./capabilities.js";
export type { FileConfig } from "./config.js";
