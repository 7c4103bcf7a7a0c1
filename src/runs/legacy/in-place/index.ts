// Runs that mltrack wrote below the very place where a store of runs is opened, read where they are.
// Their data is named by mltrack's hashes, by which it is checked; migrating is what makes blobs of
// it. Nothing is written.

export { loadInPlace } from "./load-in-place.js";
export {
  inPlaceOr,
  isInPlace,
  type ListInPlaceOptions,
  listInPlace,
  readInPlace,
} from "./read-in-place.js";
export { refuseInPlaceData, refuseInPlaceRun } from "./refuse-in-place.js";
