import type { ByteRange } from "../core/index.js";
import {
  type CallOptions,
  type ObjectStore,
  type OpenOptions,
  openStore,
} from "../storage/index.js";
import { Checkpoint, type CheckpointReadOptions } from "./checkpoint.js";
import {
  type AsyncRankOptions,
  type AsyncSaveOptions,
  type BackgroundSave,
  CheckpointWriter,
  getNamedShard,
  planSave,
  putNamedShard,
  type RankOptions,
  SaveLine,
  type SaveOptions,
  type ShardInput,
  SnapshotMemory,
  type SnapshotOptions,
  saveCheckpoint,
  shardSource,
  transferred,
} from "./commit/index.js";
import { type CheckpointContext, type CheckpointOptions, checkpointContext } from "./context.js";
import { findCheckpoint, findLatest } from "./find-checkpoint.js";
import {
  type DeleteCheckpointOptions,
  type DeletedCheckpoint,
  deleteCheckpoint,
  type ListedCheckpoint,
  listCheckpoints,
  type PruneOptions,
  type PruneResult,
  prune,
  type RepairOptions,
  type RepairResult,
  repairLatest,
  type VerifiedCheckpoint,
  type VerifyOptions,
  verifyCheckpoint,
} from "./housekeeping/index.js";
import {
  type CheckpointName,
  deleteTag,
  listTags,
  putTag,
  type ShardMeta,
} from "./manifest/index.js";
import type { ShardSource } from "./shards/index.js";

/**
 * The checkpoints below one URI. Keys, manifests and `latest.json` are s3dlio's. Every call throws
 * only `LodeError`.
 */
export class CheckpointStore {
  readonly store: ObjectStore;
  readonly #context: CheckpointContext;
  readonly #line = new SaveLine<Checkpoint>();
  #memory = new SnapshotMemory();

  /** Over a store that the caller opened and `close` closes. Throws `invalid-argument`. */
  constructor(store: ObjectStore, options: CheckpointOptions = {}) {
    this.store = store;
    this.#context = checkpointContext(store, options);
  }

  /** Opens the store at a URI on any provider. Throws `invalid-argument`, `invalid-config`. */
  static async open(
    uri: string,
    options: CheckpointOptions & OpenOptions = {},
  ): Promise<CheckpointStore> {
    return new CheckpointStore(await openStore(uri, options), options);
  }

  get uri(): string {
    return this.store.uri;
  }

  /**
   * Saves a checkpoint of which this process holds all shards, and points `latest.json` to it. Waits
   * for a save of this store that is under way. Throws `already-exists`, `invalid-argument`,
   * `aborted`; after a failure nothing of it is visible, unless `details.committed` says otherwise.
   */
  async save(options: SaveOptions): Promise<Checkpoint> {
    const plan = planSave(options);
    const sources = options.shards.map(shardSource);
    return this.#line.run(async () => {
      return new Checkpoint(this.#context, await saveCheckpoint(this.#context, plan, sources));
    }, options.signal);
  }

  /**
   * Saves while the caller goes on, as soon as `snapshotDone` ends. One save of a store goes at a time:
   * the snapshot of a second one waits for the first. Memory for a copy is kept for the next until `close`.
   */
  saveAsync(options: AsyncSaveOptions): BackgroundSave<Checkpoint> {
    const plan = planSave(options);
    return this.#inBackground(options.shards.map(shardSource), options, async (sources) => {
      return new Checkpoint(this.#context, await saveCheckpoint(this.#context, plan, sources));
    });
  }

  /** As `saveAsync`, for one rank's part in a checkpoint that several processes save together: `writer` in the background. */
  saveRankAsync(options: AsyncRankOptions): BackgroundSave<Checkpoint> {
    const writer = this.writer(options);
    return this.#inBackground([shardSource(options.shard)], options, async ([source]) => {
      await writer.putShard(source as ShardSource);
      return writer.finalize(options);
    });
  }

  /** One rank's part in a checkpoint that several processes save together. */
  writer(options: RankOptions): CheckpointWriter {
    return new CheckpointWriter(this.#context, options);
  }

  /**
   * The checkpoint that `latest.json` points to; where the pointer or its checkpoint is missing, the
   * newest complete one. Undefined if there is none. Throws `corrupt-format` for a damaged pointer:
   * `repair` mends it.
   */
  async loadLatest(options: CheckpointReadOptions = {}): Promise<Checkpoint | undefined> {
    const found = await findLatest(this.store, options.signal);
    return found === undefined ? undefined : new Checkpoint(this.#context, found, options);
  }

  /**
   * A checkpoint by its name (`ckpt-100-20250826-120000`), or the newest of a step. Throws
   * `not-found`, `corrupt-format`, `integrity`.
   */
  async load(
    which: number | string | CheckpointName,
    options: CheckpointReadOptions = {},
  ): Promise<Checkpoint> {
    const found = await findCheckpoint(this.store, which, options.signal);
    return new Checkpoint(this.#context, found, options);
  }

  /** All checkpoints, the newest last, by one listing. */
  list(options: CallOptions = {}): Promise<ListedCheckpoint[]> {
    return listCheckpoints(this.store, options);
  }

  /**
   * Deletes a checkpoint: what points to it, its manifest, its shards. Of a step it is the newest.
   * Throws `not-found`, and `precondition-failed` for one that tags protect, without `force`.
   */
  async delete(
    which: number | string | CheckpointName,
    options: DeleteCheckpointOptions = {},
  ): Promise<DeletedCheckpoint> {
    const { name } = await findCheckpoint(this.store, which, options.signal);
    return deleteCheckpoint(this.store, name, options);
  }

  /**
   * Deletes checkpoints that no rule keeps, and what crashes have left. Without a rule only the
   * latter. What `latest.json` or a tag points to stays.
   */
  prune(options: PruneOptions = {}): Promise<PruneResult> {
    return prune(this.store, options);
  }

  /** Reads all shards of a checkpoint and tells of every damaged place. Throws `not-found`. */
  async verify(
    which: number | string | CheckpointName,
    options: VerifyOptions = {},
  ): Promise<VerifiedCheckpoint> {
    const found = await findCheckpoint(this.store, which, options.signal);
    return verifyCheckpoint(this.store, found, {
      concurrency: this.#context.concurrency,
      ...options,
    });
  }

  /**
   * Gives a checkpoint a tag, which keeps `prune` and `delete` from it. Throws `not-found`, and
   * `already-exists` if the tag is another's and `move` is not set.
   */
  async tag(
    tag: string,
    which: number | string | CheckpointName,
    options: CallOptions & { readonly move?: boolean | undefined } = {},
  ): Promise<void> {
    const { name } = await findCheckpoint(this.store, which, options.signal);
    await putTag(this.store, tag, name, options);
  }

  /** Takes a tag away; false if there was none. */
  untag(tag: string, options: CallOptions = {}): Promise<boolean> {
    return deleteTag(this.store, tag, options);
  }

  /** The checkpoints that have tags, by tag. */
  tags(options: CallOptions = {}): Promise<Map<string, CheckpointName>> {
    return listTags(this.store, options);
  }

  /** Points `latest.json` to the newest complete checkpoint, where it is damaged, missing or behind. */
  repair(options: RepairOptions = {}): Promise<RepairResult> {
    return repairLatest(this.store, options);
  }

  /** Stores a shard under a name, without a manifest; one that is there is replaced at once. */
  putShard(
    name: string,
    rank: number,
    shard: ShardInput,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ShardMeta> {
    return putNamedShard(this.#context, name, rank, shardSource(shard), options.signal);
  }

  /** The bytes that `putShard` stored, or a range of them. Throws `not-found`, `integrity`. */
  getShard(
    name: string,
    rank: number,
    options: CheckpointReadOptions & { readonly range?: ByteRange | undefined } = {},
  ): Promise<Uint8Array> {
    return getNamedShard(this.#context, name, rank, options);
  }

  #inBackground(
    sources: readonly ShardSource[],
    { snapshot = "copy", rank: first = 0, signal, onProgress }: SnapshotOptions,
    save: (sources: readonly ShardSource[]) => Promise<Checkpoint>,
  ): BackgroundSave<Checkpoint> {
    return this.#line.start(
      async () => {
        if (snapshot === "transfer") return transferred(sources);
        return this.#memory.copy(sources, signal, (index, bytes, totalBytes) =>
          onProgress?.({ phase: "snapshot", rank: first + index, bytes, totalBytes }),
        );
      },
      (taken) => save(taken.sources),
      signal,
    );
  }

  /**
   * Waits for a save in the background and frees what the store holds. Throws the failure of a save
   * that nobody has looked at.
   */
  async close(): Promise<void> {
    try {
      await this.#line.close();
    } finally {
      this.#memory = new SnapshotMemory();
      await this.store.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
