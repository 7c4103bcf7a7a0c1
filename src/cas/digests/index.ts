// Logical digests: `<scheme>:<64 hex>`, equal for equal values however they are stored, and told
// apart by everything that makes values different: names, types, units, nulls, shape. They decide
// equality and prove nothing about stored bytes: that is a blob's id. docs/formats/digests.md tells
// how each is computed. Defines the schemes table-v1, npy-v1, json-jcs-v1, text-v1, bytes-v1, tree-v1.

export { type ArrayInput, arrayDigest } from "./array-digest.js";
export { tableDigest } from "./table-digest.js";
export { type TreeDigestEntry, treeDigest } from "./tree-digest.js";
export { bytesDigest, jsonDigest, textDigest } from "./value-digests.js";
