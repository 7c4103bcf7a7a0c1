import { LodeError } from "../../errors.js";
import type { StreamItem } from "../dataset.js";
import type { Lane } from "./lane.js";
import type { ItemPlace } from "./stream-state.js";

/** Shards read at a time. */
const CONCURRENCY = 8;

export interface RestoreOptions<T> {
  /** The buffer's items, in its order. */
  readonly wanted: readonly ItemPlace[];
  /** A lane whose next items are those wanted of a place, in the shard's order. */
  readonly laneOf: (place: number, wanted: readonly ItemPlace[]) => Lane<T>;
  /** Called when they are taken. */
  readonly done: (lane: Lane<T>) => Promise<void>;
  readonly uriOf: (place: number) => string;
}

/** The wanted items by their place. */
export function byPlace(wanted: readonly ItemPlace[]): Map<number, ItemPlace[]> {
  const groups = new Map<number, ItemPlace[]>();
  for (const item of wanted) {
    const group = groups.get(item.place);
    if (group === undefined) groups.set(item.place, [item]);
    else group.push(item);
  }
  return groups;
}

/** The item with the smallest ordinal. */
export function firstOf(items: readonly ItemPlace[]): ItemPlace {
  return items.reduce((first, item) => (item.ordinal < first.ordinal ? item : first));
}

/**
 * Reads again what a shuffle buffer held. Throws what the data set does, and `integrity` for a shard that has
 * become shorter.
 */
export async function restoreBuffer<T>(options: RestoreOptions<T>): Promise<StreamItem<T>[]> {
  const { wanted } = options;
  const items = new Map<string, StreamItem<T>>();
  const groups = [...byPlace(wanted)];
  const worker = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      for (const item of await readAgain(options, ...group)) {
        items.set(`${group[0]} ${item.ordinal}`, item);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return wanted.map(({ place, ordinal }) => items.get(`${place} ${ordinal}`)!);
}

async function readAgain<T>(
  options: RestoreOptions<T>,
  place: number,
  wanted: readonly ItemPlace[],
): Promise<StreamItem<T>[]> {
  const lane = options.laneOf(place, wanted);
  try {
    const items: StreamItem<T>[] = [];
    for (const _ of wanted) {
      const entry = await lane.next();
      if (entry?.place !== place) throw shorter(options.uriOf(place));
      items.push(entry.item);
    }
    return items;
  } finally {
    await options.done(lane);
  }
}

function shorter(uri: string): LodeError {
  return new LodeError({
    code: "integrity",
    message: `shard ${uri} ends before an item that the loader's state names; it has changed, begin the epoch anew`,
    uri,
  });
}
