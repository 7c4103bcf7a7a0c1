import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { type NamedManifest, nameText } from "../manifest/index.js";
import { dataObjects } from "./data-objects.js";
import type { Leftover, Unreadable } from "./leftover.js";
import { References } from "./references.js";

/** Longer than any save should take. */
export const DEFAULT_ORPHAN_AGE_MS = 24 * 60 * 60 * 1000;

export interface LeftoversFound {
  readonly leftovers: readonly Leftover[];
  /** What is too young to be told from a save that is under way. */
  readonly young: readonly Leftover[];
  /** Manifests and records that cannot be read: what they might name is no leftover. */
  readonly unreadable: readonly Unreadable[];
  /** All manifests that could be read. */
  readonly manifests: readonly NamedManifest[];
}

export interface FindLeftoversOptions extends CallOptions {
  /** Milliseconds without a change after which a save is taken to be dead. Default 24 hours. */
  readonly orphanAge?: number | undefined;
  /** Milliseconds since 1970; for tests. */
  readonly now?: number | undefined;
}

/**
 * Shards, records of ranks and uploads in parts that belong to no checkpoint, and data of named shards
 * that has been replaced. Reads every manifest, and holds the keys of all shards.
 */
export async function findLeftovers(
  store: ObjectStore,
  { orphanAge = DEFAULT_ORPHAN_AGE_MS, now = Date.now(), signal }: FindLeftoversOptions = {},
): Promise<LeftoversFound> {
  // Manifests are read last: a save that is committed meanwhile has its shards referenced.
  const objects: Leftover[] = [];
  for await (const object of dataObjects(store, signal)) objects.push(object);
  const references = await References.read(store, objects, signal);
  // One rank's last move tells that the whole save is alive.
  const lastChange = new Map<string, Date>();
  for (const object of objects) {
    const last = lastChange.get(saveOf(object));
    if (last === undefined || last < object.changedAt) {
      lastChange.set(saveOf(object), object.changedAt);
    }
  }
  const leftovers: Leftover[] = [];
  const young: Leftover[] = [];
  for (const object of objects) {
    if (references.needs(object)) continue;
    const changedAt = lastChange.get(saveOf(object)) ?? object.changedAt;
    const isYoung = now - changedAt.getTime() < orphanAge;
    (isYoung ? young : leftovers).push({ ...object, changedAt });
  }
  return { leftovers, young, unreadable: references.unreadable, manifests: references.manifests };
}

function saveOf({ name, key }: Leftover): string {
  return name === undefined ? key : nameText(name);
}
