// Objects: what users hold (ObjectStore), what a provider implements (Backend) and the data that
// says how providers differ (Capabilities). No formats and no domains; only registry.ts knows the
// names of backends. It defines the words ObjectStore, Backend, ObjectMeta, Capabilities and Layer.
export type * from "./backend.js";
export type { Capabilities } from "./capabilities.js";
export {
  type LimitOptions,
  limit,
  type Operation,
  type OperationRecord,
  prefix,
  type RetryEvent,
  type RetryOptions,
  retry,
  type TraceOptions,
  trace,
} from "./layers/index.js";
export { ObjectStore } from "./object-store.js";
export { ObjectWriter, type ObjectWriterOptions } from "./object-writer.js";
export { observeOperations } from "./operation-feed.js";
export { type OpenOptions, openStore, type StoreWarning } from "./registry.js";
export * from "./transfer/index.js";
