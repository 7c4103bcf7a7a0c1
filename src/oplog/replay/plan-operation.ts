import type { OpLogEntry } from "../entry.js";
import type { Placed, TargetMap } from "./target-map.js";
import { factsOf, type ReplayWord, type SkipReason } from "./words.js";

/** A row of the log and where it is done again. */
export interface PlannedOperation {
  readonly row: OpLogEntry;
  readonly word: ReplayWord;
  /** The store's URI and the key, or prefix of a listing, in it. */
  readonly target: Placed;
  /** The key that a copy or rename takes from, in the same store. */
  readonly sourceKey?: string | undefined;
}

/** What s3dlio writes in place of a key for deletes of many. */
const NO_KEYS = ["", "(batch)", "(empty)"];

/** What to do for a row, or why nothing is done. Throws as {@link TargetMap.place} does. */
export function planOperation(row: OpLogEntry, targets: TargetMap): PlannedOperation | SkipReason {
  const facts = factsOf(row);
  if (typeof facts === "string") return facts;
  if (facts.prefix !== true && NO_KEYS.includes(row.file)) return "no-key";
  const sticky = facts.sticky === true;
  const target = targets.place(row, row.file, facts.writes, sticky);
  if (target === undefined) return "no-target";
  if (facts.prefix !== true && target.key === "") return "no-key";
  const planned = { row, word: row.op as ReplayWord, target };
  if (facts.source !== true) return planned;
  if (row.source === undefined || row.source === "") return "no-source";
  const source = targets.place(row, row.source, facts.writes, sticky);
  if (source === undefined) return "no-target";
  return source.uri === target.uri ? { ...planned, sourceKey: source.key } : "two-targets";
}
