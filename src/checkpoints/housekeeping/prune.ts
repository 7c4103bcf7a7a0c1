import { isLodeError, throwIfAborted, toLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import { type CheckpointName, manifestKey, nameText, sameName } from "../manifest/index.js";
import type { Leftover } from "./leftover.js";
import {
  type JudgedCheckpoint,
  type PlanPruneOptions,
  type PrunePlan,
  planPrune,
  protections,
} from "./prune-plan.js";
import { removeCheckpoint } from "./remove-checkpoint.js";
import { type RemovalFailure, removeObjects } from "./remove-objects.js";

export interface PruneOptions extends PlanPruneOptions {
  /** Change nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Called after each that is gone. */
  readonly onRemoved?: ((removed: PrunedItem) => void) | undefined;
}

export type PrunedItem =
  | { readonly type: "checkpoint"; readonly checkpoint: JudgedCheckpoint }
  | { readonly type: "leftover"; readonly leftover: Leftover };

export interface PruneResult {
  /** What was found and meant. */
  readonly plan: PrunePlan;
  readonly removed: readonly PrunedItem[];
  /** Stored bytes of what is gone. */
  readonly bytes: number;
  /** What is still there though it was to go: a later prune tries again. */
  readonly failures: readonly RemovalFailure[];
}

/**
 * Deletes what the rules of {@link planPrune} do not keep, the oldest first, and then what is left
 * over. May be stopped at any moment and repeated; saves that are under way are left alone as long as
 * they write something within `orphanAge`. Throws as `planPrune`.
 */
export async function prune(store: ObjectStore, options: PruneOptions = {}): Promise<PruneResult> {
  const plan = await planPrune(store, options);
  const run = new PruneRun(store, plan, options);
  if (options.dryRun !== true) {
    for (const checkpoint of plan.checkpoints) {
      if (checkpoint.keptBy.length === 0) await run.checkpoint(checkpoint);
    }
    for (const leftover of plan.leftovers) await run.leftover(leftover);
    await run.flush();
  }
  return { plan, removed: run.removed, bytes: run.bytes, failures: run.failures };
}

/** Leftovers deleted by one call. */
const BATCH = 500;

class PruneRun {
  readonly removed: PrunedItem[] = [];
  readonly failures: RemovalFailure[] = [];
  bytes = 0;
  readonly #store: ObjectStore;
  readonly #options: PruneOptions;
  /** Whose manifests the plan knows. */
  readonly #known: readonly CheckpointName[];
  #batch: Leftover[] = [];
  /** The save that was looked at last, and whether it has been committed since it was planned. */
  #looked: { readonly save: string; readonly committed: boolean } | undefined;

  constructor(store: ObjectStore, plan: PrunePlan, options: PruneOptions) {
    this.#store = store;
    this.#known = plan.checkpoints.map(({ name }) => name);
    this.#options = options;
  }

  async checkpoint(checkpoint: JudgedCheckpoint): Promise<void> {
    const { signal } = this.#options;
    throwIfAborted(signal, "prune");
    // A tag may have been given since the plan was made.
    const now = await protections(this.#store, undefined, signal);
    if (now.has(nameText(checkpoint.name))) return;
    try {
      const { failures } = await removeCheckpoint(this.#store, checkpoint, this.#known, { signal });
      this.failures.push(...failures);
      this.#gone({ type: "checkpoint", checkpoint }, checkpoint.bytes);
    } catch (thrown) {
      const error = toLodeError(thrown, "delete", this.#store.uri);
      if (error.code === "aborted") throw error;
      this.failures.push({ key: manifestKey(checkpoint.name), error });
    }
  }

  async leftover(leftover: Leftover): Promise<void> {
    if (leftover.kind !== "upload") {
      this.#batch.push(leftover);
      if (this.#batch.length === BATCH) await this.flush();
      return;
    }
    const { signal } = this.#options;
    throwIfAborted(signal, "prune");
    try {
      const { key, uploadId = "" } = leftover;
      const upload = await this.#store.resumeMultipart(key, uploadId, { signal });
      await upload.abort({ signal });
      this.#gone({ type: "leftover", leftover }, 0);
    } catch (thrown) {
      const error = toLodeError(thrown, "abort", this.#store.uriOf(leftover.key));
      if (error.code === "aborted") throw error;
      // Ended meanwhile, by its own process or by another prune.
      if (isLodeError(error, "not-found")) return;
      this.failures.push({ key: leftover.key, error });
    }
  }

  /** Deletes the leftovers that were gathered. */
  async flush(): Promise<void> {
    const { signal } = this.#options;
    throwIfAborted(signal, "prune");
    const meant: Leftover[] = [];
    for (const leftover of this.#batch) {
      if (!(await this.#isCommitted(leftover))) meant.push(leftover);
    }
    this.#batch = [];
    const keys = meant.map(({ key }) => key);
    const failures = await removeObjects(this.#store, keys, { signal });
    this.failures.push(...failures);
    const left = new Set(failures.map(({ key }) => key));
    for (const leftover of meant) {
      if (!left.has(leftover.key)) this.#gone({ type: "leftover", leftover }, leftover.bytes);
    }
  }

  /** A save that was silent for long and is committed after all keeps its shards. */
  async #isCommitted({ kind, name }: Leftover): Promise<boolean> {
    if (kind !== "shard" || name === undefined) return false;
    if (this.#known.some((known) => sameName(known, name))) return false;
    const save = nameText(name);
    if (this.#looked?.save !== save) {
      const { signal } = this.#options;
      this.#looked = {
        save,
        committed: await this.#store.exists(manifestKey(name), { signal }),
      };
    }
    return this.#looked.committed;
  }

  #gone(item: PrunedItem, bytes: number): void {
    this.removed.push(item);
    this.bytes += bytes;
    this.#options.onRemoved?.(item);
  }
}
