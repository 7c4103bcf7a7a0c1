import { disagreements } from "../data/index.js";
import type { LegacyLayout, LegacyReference } from "../layout/index.js";
import type { Carried } from "./carried.js";
import type { FindingReason } from "./report.js";

/** What is wrong with the data that a reference points to. */
export interface Judgement {
  readonly reason: FindingReason;
  readonly detail: string;
}

/** Classes of Python that JSON holds; of the others mltrack stored `str(value)`. */
const IN_JSON = ["dict", "list", "tuple", "str", "int", "float", "bool", "NoneType"];

/** All that people should know of data that is there; empty if it is what the reference tells. */
export function judgeReference(
  layout: LegacyLayout,
  reference: LegacyReference,
  carried: Carried,
): Judgement[] {
  const { examined, verdict, metadata, format, size } = carried;
  if (examined.damage !== undefined) return [{ reason: "damaged", detail: examined.damage }];
  const judged: Judgement[] = [];
  const told = disagreements(reference, { examined, size, metadata });
  if (told.length > 0) {
    const detail = `the run tells ${told.join("; ")}: mltrack gave both the same hash and kept the other`;
    judged.push({ reason: "collision", detail });
  }
  if (verdict === "differs") {
    const detail = `its hash is ${examined.hashes[0]?.slice(0, reference.hash.length || 64)}, not ${reference.hash}: it was exchanged, or hashed by another version of pandas`;
    judged.push({ reason: "hash-differs", detail });
  }
  if (verdict === "unknown") {
    const detail = examined.unverifiable ?? "no hash is told of it";
    // Files of models never had a hash.
    if (layout === "v2" || reference.hash !== "") judged.push({ reason: "unverifiable", detail });
  }
  if (format === "json" && metadata !== undefined && !IN_JSON.includes(metadata.type)) {
    const detail = `mltrack stored how Python prints a ${metadata.type}, not the value`;
    judged.push({ reason: "print-out", detail });
  }
  return judged;
}
