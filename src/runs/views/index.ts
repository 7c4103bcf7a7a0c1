// Views of runs: folders in which pointers to runs lie, by project, date, type, model, all together, or as
// a template says. They are derived from manifests and can be made anew at any time. Writes nothing by
// itself. Defines StorageMode (a view), Template, the location (a run's folder in a view) and RunPointer.
export {
  isPointerKey,
  locationOf,
  pointerKey,
  pointersOf,
  VIEWS,
  viewFolder,
} from "./locations.js";
export { encodePointer, parsePointer, type RunPointer } from "./pointer.js";
export {
  checkStorageMode,
  isStorageMode,
  STORAGE_MODES,
  type StorageMode,
} from "./storage-mode.js";
export { parseTemplate, type Template } from "./template.js";
