// The library: open a store on any provider, move objects between stores, tell failures apart. It
// loads no SDK and no native module before one is used. Conformance suites for backends of your own
// are in `lodestore/testing`; the command is `lode`.
export {
  type ByteRange,
  crc32c,
  crc32cCombine,
  type ObjectKey,
  objectKey,
  parseStoreUri,
  type ResolvedRange,
  type StoreUri,
} from "./core/index.js";
export {
  ERROR_CODES,
  type ErrorCode,
  errorToJson,
  isLodeError,
  LodeError,
  type RetryHint,
} from "./errors.js";
export {
  finalizeOpLog,
  initOpLog,
  type OpLogOptions,
  type OpLogStats,
} from "./oplog/recording/index.js";
export * from "./storage/index.js";
