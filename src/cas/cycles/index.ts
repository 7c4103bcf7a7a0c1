// What collectors and sessions share: the state of the cycle that is under way, the list of what it condemns, the right
// to collect, the sweep into the trash and the way back. It does not know what is live (collect/) nor who relies on
// what (sessions/). Defines cycle (condemned, deleting, done), rescue, sweep and trash.
export { findRoot, isRoot, needsOf } from "./blob-objects.js";
export { COLLECTOR_TTL_MS, Collector, isAbandoned } from "./collector.js";
export {
  CONDEMNED,
  type CondemnedList,
  cycleOfList,
  readCondemned,
  writeCondemned,
} from "./condemned-list.js";
export { IdSet } from "./id-set.js";
export {
  type GcState,
  type Ids,
  isLostRace,
  NO_IDS,
  type Phase,
  readState,
  writeState,
} from "./state.js";
export { type StoreTime, storeTime } from "./store-time.js";
export { deleteAll, type SweepOptions, sweep } from "./sweep.js";
export { type Holder, TRASH, TrashReader } from "./trash.js";
