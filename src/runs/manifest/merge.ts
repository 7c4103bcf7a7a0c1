import { isDeepStrictEqual } from "node:util";
import type { RunFacts } from "./manifest.js";

/** Fields whose entries are merged one by one. */
const RECORDS = ["params", "metrics", "tags", "inputs", "outputs", "more"] as const;

/** Fields that are one value each. */
const VALUES = [
  "runType",
  "project",
  "status",
  "createdAt",
  "startedAt",
  "endedAt",
  "parentRun",
  "model",
  "code",
  "environment",
  "error",
] as const;

export interface MergedFacts {
  readonly facts: RunFacts;
  /** What both changed, each in its own way: `metrics.loss`, `status`. Then `facts` has ours. */
  readonly conflicts: readonly string[];
}

/**
 * What `ours` changed since `base`, done to `theirs`. A change that both made alike is none; views are a
 * set, in which both may add and remove.
 */
export function mergeFacts(base: RunFacts, ours: RunFacts, theirs: RunFacts): MergedFacts {
  const conflicts: string[] = [];
  const merged: Record<string, unknown> = { ...theirs };
  for (const field of VALUES) {
    const pick = picked(base[field], ours[field], theirs[field]);
    merged[field] = pick === "theirs" ? theirs[field] : ours[field];
    if (pick === "conflict") conflicts.push(field);
  }
  for (const field of RECORDS) {
    merged[field] = mergeRecords(base[field], ours[field], theirs[field], (key) =>
      conflicts.push(`${field}.${key}`),
    );
  }
  merged.storageModes = mergeSets(base.storageModes, ours.storageModes, theirs.storageModes);
  return { facts: merged as unknown as RunFacts, conflicts };
}

/** Whether the two tell the same of a run. */
export function sameFacts(a: RunFacts, b: RunFacts): boolean {
  return (
    [...VALUES, ...RECORDS].every((field) => isDeepStrictEqual(a[field], b[field])) &&
    isDeepStrictEqual([...a.storageModes].sort(), [...b.storageModes].sort())
  );
}

function picked(base: unknown, ours: unknown, theirs: unknown): "ours" | "theirs" | "conflict" {
  if (isDeepStrictEqual(ours, base) || isDeepStrictEqual(ours, theirs)) return "theirs";
  return isDeepStrictEqual(theirs, base) ? "ours" : "conflict";
}

function mergeRecords(
  base: Readonly<Record<string, unknown>>,
  ours: Readonly<Record<string, unknown>>,
  theirs: Readonly<Record<string, unknown>>,
  onConflict: (key: string) => void,
): Record<string, unknown> {
  const merged: [string, unknown][] = [];
  for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
    const [was, our, their] = [own(base, key), own(ours, key), own(theirs, key)];
    const pick = picked(was, our, their);
    const value = pick === "theirs" ? their : our;
    if (pick === "conflict") onConflict(key);
    if (value !== undefined) merged.push([key, value]);
  }
  return Object.fromEntries(merged);
}

function own(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function mergeSets(
  base: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
): string[] {
  const removed = new Set(base.filter((item) => !ours.includes(item)));
  const added = ours.filter((item) => !base.includes(item));
  return [...new Set([...theirs.filter((item) => !removed.has(item)), ...added])];
}
