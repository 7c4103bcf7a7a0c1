// Folders of the local disk as values: reading one so that each file is taken at one moment, storing
// small files together, and what was stored as single files or as a folder again. No codec of single
// values and no run. Defines Tree, TreeEntry (a file, an empty folder, a link), Group (small files
// in one blob) and StatCache (what files were when they were read).

export { holdIfThere } from "./hold-if-there.js";
export type { RestoredTree, RestoreOptions } from "./restore-tree.js";
export { openStableFile, whileStable } from "./stable-file.js";
export { type StoredTree, type StoreTreeOptions, storeTree } from "./store-tree.js";
export { Tree, type TreeCall } from "./tree.js";
export type { TreeEntry, TreeFile, TreeFolder, TreeLink } from "./tree-entry.js";
export { TreeInput, type TreeOptions, treeOf } from "./tree-input.js";
