// Copying, moving, synchronising and deleting as a user asks for them: places and patterns become the
// transfers of storage/transfer, told as its events. Apart from the other operations, so that a
// command that only looks does not load what moves objects.

export { type CopyChoices, copyObjects } from "./copy-objects.js";
export { type DeleteChoices, deleteSelected } from "./delete-selected.js";
export { type SyncChoices, syncFolders } from "./sync-folders.js";
