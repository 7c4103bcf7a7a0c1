// Objects as files in a folder, `direct:///path`, whose bytes bypass the page cache by O_DIRECT: large
// aligned transfers, several in flight, little CPU. Keys, names and rules are those of `file://`, and
// both may use one folder. Where the file system refuses O_DIRECT it goes on buffered and says so.
// It defines the words block (one transfer) and aligned (multiple of 4,096 bytes, also in memory).

export { allocateAligned } from "../../../core/index.js";
export { DirectBackend, openDirectBackend } from "./backend.js";
export { directCapabilities } from "./capabilities.js";
export type { DirectConfig } from "./config.js";
