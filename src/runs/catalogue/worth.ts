import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { HEADS } from "../manifest/index.js";

/**
 * Loading SQLite and opening a database takes 50 to 100 ms; in that time 200 runs are read from a disk and fewer from a
 * bucket, and one page of a listing tells whether there are more.
 */
export const FEW_RUNS = 200;

/** A sync lists 16 heads in about the time in which one run is read with its manifest, on a disk and in a bucket. */
const LISTED_PER_READ = 16;

/** Whether there are so many runs that to list them a catalogue is quicker than reading all, once it is filled. */
export async function listsFaster(store: ObjectStore, { signal }: CallOptions): Promise<boolean> {
  let runs = 0;
  for await (const _ of store.list({ prefix: HEADS, pageSize: FEW_RUNS + 1, signal })) {
    if (++runs > FEW_RUNS) return true;
  }
  return false;
}

/** The same for the runs that use data, given how many it knows and how many must be read without it. */
export function findsFaster(known: number, users: number): boolean {
  // One that knows none would have to read all.
  return known > 0 && users > FEW_RUNS && users * LISTED_PER_READ > known;
}
