import type { LodeError } from "../errors.js";
import type { Dataset } from "./dataset.js";
import { EpochPosition } from "./epoch-position.js";
import { invalid } from "./invalid.js";
import type { LoaderSettings } from "./loader-settings.js";
import { HandedOut, type PositionRange } from "./pipeline/index.js";

/** What must be the same for a state to be gone on from. */
export interface LoaderIdentity {
  readonly dataset: "map" | "stream";
  /** Items of the data set; of streams, shards. */
  readonly length: number;
  readonly order: "sequential" | "shuffled" | "sampler";
  readonly seed: number;
  readonly shardRank: number;
  readonly shardWorldSize: number;
  readonly uneven: string;
}

/** Where a loader stands, as plain JSON. Everything else about a loader may differ when it is loaded. */
export interface LoaderState {
  readonly version: 1;
  readonly loader: LoaderIdentity;
  readonly epoch: number;
  /** Batches of the epoch that were handed out. */
  readonly step: number;
  /** Items of the epoch that were left out. */
  readonly skipped: number;
  /** All items of the rank's epoch below this place were handed out, or left out. */
  readonly position: number;
  /** Places beyond it of which that is true too: from, and before. Only in the order of completion. */
  readonly beyond: readonly PositionRange[];
  /** For data sets of shards. */
  readonly source: unknown;
}

export function loaderIdentity(
  dataset: Dataset<unknown>,
  { shuffle, sampler, seed, shardRank, shardWorldSize, uneven }: LoaderSettings,
): LoaderIdentity {
  return {
    dataset: dataset.kind,
    length: dataset.kind === "map" ? dataset.length : dataset.shards.length,
    order: sampler !== undefined ? "sampler" : shuffle ? "shuffled" : "sequential",
    seed,
    shardRank,
    shardWorldSize,
    uneven,
  };
}

export function loaderState(loader: LoaderIdentity, position: EpochPosition): LoaderState {
  const { epoch, step, skipped, handedOut, source } = position;
  const { low, ranges } = handedOut;
  return { version: 1, loader, epoch, step, skipped, position: low, beyond: ranges, source };
}

/** Throws `invalid-argument` unless this is a state that `stateDict` gave of a loader of the same identity. */
export function parseLoaderState(state: unknown, identity: LoaderIdentity): EpochPosition {
  if (!isRecord(state) || !isRecord(state.loader)) throw unusable("it is no state of a loader");
  if (state.version !== 1) throw unusable(`its version is ${state.version}, 1 is known here`);
  for (const [name, expected] of Object.entries(identity)) {
    const given = state.loader[name];
    if (given !== expected) {
      throw unusable(`it was taken with ${name} ${given}, here it is ${expected}`);
    }
  }
  const { epoch, step, skipped, position, beyond, source = null } = state;
  for (const [name, value] of Object.entries({ epoch, step, skipped, position })) {
    if (!isCount(value)) throw unusable(`its ${name} is ${value}`);
  }
  if (!Array.isArray(beyond) || !isOrdered(position as number, beyond)) {
    throw unusable("the places of what was handed out are damaged");
  }
  return new EpochPosition(epoch as number, {
    step: step as number,
    skipped: skipped as number,
    handedOut: new HandedOut(position as number, beyond),
    source,
  });
}

/** Ranges in order that touch neither each other nor what is below the position. */
function isOrdered(position: number, ranges: readonly unknown[]): ranges is PositionRange[] {
  let end = position;
  for (const range of ranges) {
    if (!Array.isArray(range) || range.length !== 2) return false;
    const [from, to] = range as [unknown, unknown];
    if (!isCount(from) || !isCount(to) || from <= end || to <= from) return false;
    end = to;
  }
  return true;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function unusable(why: string): LodeError {
  return invalid(
    `the loader cannot go on from this state: ${why}; use the state of the same data set and options`,
  );
}
