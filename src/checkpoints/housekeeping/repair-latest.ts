import { isLodeError, LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import {
  type CheckpointName,
  LATEST_KEY,
  manifestKey,
  type NamedManifest,
  newestManifest,
  readLatest,
  readManifest,
  sameName,
  swapLatest,
} from "../manifest/index.js";
import type { Unreadable } from "./leftover.js";

export interface RepairResult {
  /**
   * What was wrong: `missing`, `damaged`, `dangling` (its manifest is gone), `unreadable` (its manifest
   * is damaged), `behind` (a later checkpoint is there); undefined if nothing was.
   */
  readonly problem: "missing" | "damaged" | "dangling" | "unreadable" | "behind" | undefined;
  /** What `latest.json` points to now, or would; undefined if the store has no complete checkpoint. */
  readonly name: CheckpointName | undefined;
  /** Manifests that were passed over. */
  readonly unreadable: readonly Unreadable[];
}

export interface RepairOptions extends CallOptions {
  /** Tell what is wrong and change nothing. Default false. */
  readonly dryRun?: boolean | undefined;
}

/** Attempts to write the pointer while others move it. */
const ATTEMPTS = 20;

/**
 * Makes `latest.json` point to the newest complete checkpoint that can be read; without one, the
 * pointer is deleted. Reads every manifest.
 */
export async function repairLatest(
  store: ObjectStore,
  { dryRun = false, signal }: RepairOptions = {},
): Promise<RepairResult> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const unreadable: Unreadable[] = [];
    // Before the manifests: a checkpoint that comes later moves the pointer, and the swap fails.
    const current = await look(store, signal);
    const newest = await newestManifest(store, {
      signal,
      onUnreadable: (name, error) => unreadable.push({ key: manifestKey(name), error }),
    });
    const problem = current.problem ?? (isBehind(current.name, newest) ? "behind" : undefined);
    const result: RepairResult = { problem, name: newest?.name, unreadable };
    if (problem === undefined) return result;
    if (newest === undefined && current.etag === undefined)
      return { ...result, problem: undefined };
    if (dryRun) return result;
    if (newest === undefined) {
      await store.delete(LATEST_KEY, { signal });
      return result;
    }
    const { etag } = current;
    const swapped = await swapLatest(
      store,
      etag === undefined ? undefined : { etag },
      newest.name,
      {
        signal,
      },
    );
    if (swapped) return result;
  }
  throw new LodeError({
    code: "precondition-failed",
    retry: "exhausted",
    message: `${store.uriOf(LATEST_KEY)} was changed by others at each of ${ATTEMPTS} attempts to repair it`,
    uri: store.uriOf(LATEST_KEY),
  });
}

interface Current {
  readonly problem: Exclude<RepairResult["problem"], "behind">;
  readonly name?: CheckpointName;
  /** Of the pointer, undefined if there is none. */
  readonly etag: string | undefined;
}

async function look(store: ObjectStore, signal: AbortSignal | undefined): Promise<Current> {
  let etag: string | undefined;
  try {
    etag = (await store.head(LATEST_KEY, { signal })).etag;
    const pointer = await readLatest(store, { signal });
    if (pointer === undefined) return { problem: "missing", etag: undefined };
    const { name } = pointer;
    return { problem: await manifestFault(store, name, signal), name, etag: pointer.etag };
  } catch (error) {
    if (isLodeError(error, "not-found")) return { problem: "missing", etag: undefined };
    if (isLodeError(error, "corrupt-format", "integrity")) return { problem: "damaged", etag };
    throw error;
  }
}

async function manifestFault(
  store: ObjectStore,
  name: CheckpointName,
  signal: AbortSignal | undefined,
): Promise<"dangling" | "unreadable" | undefined> {
  try {
    await readManifest(store, name, { signal });
    return undefined;
  } catch (error) {
    if (isLodeError(error, "not-found")) return "dangling";
    if (isLodeError(error, "corrupt-format", "integrity")) return "unreadable";
    throw error;
  }
}

/** The pointer's own checkpoint is among those that were read, so the newest is no earlier than it. */
function isBehind(name: CheckpointName | undefined, newest: NamedManifest | undefined): boolean {
  return name !== undefined && newest !== undefined && !sameName(name, newest.name);
}
