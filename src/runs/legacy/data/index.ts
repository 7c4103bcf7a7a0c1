// Stored data of mltrack, looked into: what an object is, which hash mltrack would have given it, and
// whether a reference tells the same of it. Reads only, in one version of each object. Never loads a
// pickle. Defines PinnedContent, Examined (what an object turned out to be) and StoredFacts.

export { disagreements, type StoredFacts } from "./disagreements.js";
export { examine } from "./examine.js";
export type { Examined, LegacyAlgorithm } from "./examined.js";
export { type LegacyMetadata, readLegacyMetadata } from "./object-metadata.js";
export { PinnedContent } from "./pinned-content.js";
