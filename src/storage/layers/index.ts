// What can stand between a store and its backend: each layer takes a backend and gives one. Outermost
// first the order is trace, (cache, coalesce,) limit, retry, backend: a trace shows what the caller
// saw; a call that waits to be repeated keeps its slot of `limit`, so that a provider in trouble is
// asked for less. `prefix` stands anywhere, `fault` (tests) right above the backend. Defines Operation,
// OperationRecord, RetryEvent and Fault.

export {
  type Fault,
  type FaultCall,
  type FaultError,
  type FaultOptions,
  type FaultRates,
  type FaultScript,
  fault,
  seededFaults,
} from "./fault.js";
export type { Operation } from "./intercept.js";
export { Lanes } from "./lanes.js";
export { type LimitOptions, limit } from "./limit.js";
export { prefix } from "./prefix.js";
export type { RetryEvent, RetryOptions } from "./retrier.js";
export { retry } from "./retry.js";
export { type OperationRecord, type TraceOptions, trace } from "./trace.js";
