// How a run is committed: refs of its blobs, an immutable revision, the head by compare-and-swap, and then what is
// derived from it: the copy in mltrack's form and the pointers of views. Writers that race are merged by key. Defines
// RunHead (the truth about a run), Revision and SavedRun.
export { type Committed, commitRun } from "./commit-run.js";
export { encodeHead, parseHead, type RunHead } from "./head.js";
export {
  listHeadKeys,
  readHead,
  readHeadAt,
  readHeadBytes,
  type StoredHead,
  swapHead,
} from "./heads.js";
export { blobsOf, RUN_REFS } from "./keep-blobs.js";
export { derivedObjects, publishRun } from "./publish-run.js";
export {
  history,
  listRevisionKeys,
  type Revision,
  type RevisionName,
  readRevision,
  readRevisionAt,
} from "./revisions.js";
export { readSaved, readSavedAt, type SavedRun } from "./saved-run.js";
