import { isDeepStrictEqual } from "node:util";
import type { DataReference, Run } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { withRuns } from "./run-place.js";

/** Of two runs: both have it and it is equal, both have it, or one of them has it. */
export type DiffState = "same" | "changed" | "only-in-first" | "only-in-second";

interface Compared<T> {
  readonly name: string;
  readonly state: DiffState;
  readonly first?: T | undefined;
  readonly second?: T | undefined;
}

export interface ValueDiff extends Compared<unknown> {
  readonly field: "fact" | "param" | "metric" | "tag";
}

export interface DataDiff extends Compared<DataReference> {
  readonly field: "input" | "output";
  /** What differs between two tables, as far as their schemas tell. */
  readonly columns?: ColumnsDiff | undefined;
}

export interface ColumnsDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Columns whose types differ. */
  readonly retyped: readonly string[];
}

export interface RunDiff {
  readonly data: readonly DataDiff[];
  readonly values: readonly ValueDiff[];
}

const FACTS = ["runType", "project", "status", "parentRun", "model", "code"] as const;

/** What two runs have in common and what not; data are compared by their digests. */
export function diffRuns(
  app: AppContext,
  place: string | undefined,
  first: string,
  second: string,
): Promise<RunDiff> {
  return withRuns(app, place, async (runs) => {
    const { signal } = app;
    const [a, b] = await Promise.all([
      runs.getRun(first, { signal }),
      runs.getRun(second, { signal }),
    ]);
    return compareRuns(a, b);
  });
}

export function compareRuns(a: Run, b: Run): RunDiff {
  const data = [["input", a.inputs, b.inputs] as const, ["output", a.outputs, b.outputs] as const]
    .flatMap(([field, x, y]) => compared(x, y, isSameData).map((diff) => ({ field, ...diff })))
    .map((diff) => ({ ...diff, columns: columnsDiff(diff) }));
  const values = [
    ["fact", factsOf(a), factsOf(b)] as const,
    ["param", a.params, b.params] as const,
    ["metric", a.metrics, b.metrics] as const,
    ["tag", a.tags, b.tags] as const,
  ].flatMap(([field, x, y]) =>
    compared<unknown>(x, y, isDeepStrictEqual).map((diff) => ({ field, ...diff })),
  );
  return { data, values };
}

/** Facts that neither has are left out. */
function factsOf(run: Run): Record<string, unknown> {
  return Object.fromEntries(
    FACTS.map((name) => [name, run[name]]).filter(([, value]) => value !== null),
  );
}

function compared<T>(
  first: Readonly<Record<string, T>>,
  second: Readonly<Record<string, T>>,
  isSame: (a: T, b: T) => boolean,
): Compared<T>[] {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort();
  return names.map((name): Compared<T> => {
    if (!Object.hasOwn(second, name)) return { name, state: "only-in-first", first: first[name] };
    if (!Object.hasOwn(first, name)) return { name, state: "only-in-second", second: second[name] };
    const [a, b] = [first[name] as T, second[name] as T];
    return { name, state: isSame(a, b) ? "same" : "changed", first: a, second: b };
  });
}

/** Digests of different schemes tell nothing of each other: then the bytes decide. */
function isSameData(a: DataReference, b: DataReference): boolean {
  return a.hash === b.hash || (a.digest !== undefined && a.digest === b.digest);
}

function columnsDiff({ state, first, second }: Compared<DataReference>): ColumnsDiff | undefined {
  if (state !== "changed" || first?.columns === undefined || second?.columns === undefined) {
    return undefined;
  }
  const [before, after] = [first.columns, second.columns];
  return {
    added: after.filter((name) => !before.includes(name)),
    removed: before.filter((name) => !after.includes(name)),
    retyped: after.filter(
      (name) => before.includes(name) && typeOf(first, name) !== typeOf(second, name),
    ),
  };
}

function typeOf({ dtype }: DataReference, column: string): string | undefined {
  return typeof dtype === "object" && Object.hasOwn(dtype, column) ? dtype[column] : undefined;
}
