// Where configuration becomes stores and operations: shared by the command and the server, which
// render what it returns. It has no process, console, arguments or HTTP; environment, working
// directory and home are handed in. Defines AppContext, Location and StorePool.

export type { AppContext } from "./app-context.js";
export { asFolder, bucketOf, displayUri, type Location, locationOf } from "./location.js";
export { openOptions, type StoreObserver } from "./open-options.js";
export { startOpLog } from "./start-op-log.js";
export { type ObjectPlace, type OpenStore, StorePool } from "./store-pool.js";
