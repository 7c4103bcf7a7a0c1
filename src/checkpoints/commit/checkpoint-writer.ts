import { LodeError } from "../../errors.js";
import { Checkpoint } from "../checkpoint.js";
import type { CheckpointContext } from "../context.js";
import { type CheckpointName, nameText, type ShardMeta, shardKey } from "../manifest/index.js";
import { ShardWriter } from "../shards/index.js";
import { type ShardTensors, tensorPieces } from "../tensors/index.js";
import { cleaned } from "./discard.js";
import { type FinalizeOptions, finalizeRank } from "./finalize.js";
import { planRank, type RankFacts, type RankOptions } from "./rank-record.js";
import type { ShardInput, SnapshotOptions } from "./save-options.js";
import { shardSource } from "./shard-source-of.js";
import { writeShards } from "./write-shards.js";

/** One rank's whole part, to be done in the background. */
export interface AsyncRankOptions
  extends RankOptions,
    FinalizeOptions,
    Pick<SnapshotOptions, "snapshot"> {
  readonly shard: ShardInput;
}

/**
 * One rank's part in a checkpoint that several processes save together: it stores its shard, by
 * `write`, `putShard` or `putTensors`, and then waits in `finalize` until all have and rank 0 has
 * committed. The ranks meet in the store, by the id alone.
 */
export class CheckpointWriter {
  readonly name: CheckpointName;
  readonly rank: number;
  readonly worldSize: number;
  readonly #context: CheckpointContext;
  readonly #options: RankOptions;
  readonly #facts: RankFacts;
  #stream: Promise<ShardWriter> | undefined;
  #shard: ShardMeta | undefined;
  #storing = false;
  #isAnnounced = false;
  #finalizing: Promise<Checkpoint> | undefined;

  /** Throws `invalid-argument`. */
  constructor(context: CheckpointContext, options: RankOptions) {
    const { name, facts } = planRank(options);
    this.name = name;
    this.rank = options.rank;
    this.worldSize = options.worldSize;
    this.#context = context;
    this.#options = options;
    this.#facts = facts;
  }

  /**
   * Adds bytes to the shard; takes a copy, and waits while too many are in flight. Throws
   * `already-exists` if the rank has stored its shard under this id before.
   */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#stream === undefined) this.#begin();
    this.#stream ??= this.#open();
    const stream = await this.#stream;
    await stream.write(chunk);
    this.#progress(stream.bytesWritten, undefined);
  }

  /** Stores the whole shard: bytes, or tensors by name. Throws `already-exists` if it was stored under this id before. */
  async putShard(shard: ShardInput): Promise<void> {
    this.#begin();
    this.#storing = true;
    try {
      const source = shardSource(shard);
      const { shards, failure, touched } = await writeShards(
        this.#context,
        this.name,
        [{ rank: this.rank, source }],
        {
          signal: this.#options.signal,
          onProgress: (_, bytes, totalBytes) => this.#progress(bytes, totalBytes),
        },
      );
      if (failure !== undefined) throw await cleaned(this.#context.store, failure, touched);
      this.#shard = shards[0];
    } finally {
      this.#storing = false;
    }
  }

  /** Stores the tensors as the shard, a safetensors file with this metadata. */
  async putTensors(
    tensors: ShardTensors,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.putShard(tensorPieces(tensors, metadata));
  }

  /**
   * Announces the shard and waits: rank 0 for the other ranks, to commit the checkpoint; the others
   * for rank 0. `userMeta`, `metrics` and `tags` are rank 0's to give. Calling it again gives the same
   * checkpoint, or goes on waiting after a `timeout`. A process that was started again after a crash may
   * call it without writing, if the shard was announced before. Throws `timeout`, which names the
   * missing ranks, `invalid-argument` where ranks contradict each other, `already-exists`, `aborted`.
   */
  finalize(options: FinalizeOptions = {}): Promise<Checkpoint> {
    this.#finalizing ??= this.#finalize(options).catch((error: unknown) => {
      this.#finalizing = undefined;
      throw error;
    });
    return this.#finalizing;
  }

  /** Gives up. The shard is deleted unless it was announced: rank 0 may be committing it. */
  async abort(): Promise<void> {
    const stream = await this.#stream;
    if (this.#shard === undefined) {
      await stream?.abort();
      return;
    }
    if (this.#isAnnounced) return;
    await this.#context.store.delete(this.#shard.key);
    this.#shard = undefined;
  }

  async #finalize(options: FinalizeOptions): Promise<Checkpoint> {
    if (this.#storing) throw this.#misuse("is still being stored; await putShard");
    if (this.#shard === undefined && this.#stream !== undefined) {
      this.#shard = await (await this.#stream).close();
    }
    const isFirst = !this.#isAnnounced;
    // From here on it may be in rank 0's hands, whatever becomes of this call.
    this.#isAnnounced = this.#shard !== undefined;
    const committed = await finalizeRank(
      this.#context,
      this.name,
      { facts: this.#facts, rank: this.rank, shard: this.#shard, isFirst },
      { signal: this.#options.signal, onProgress: this.#options.onProgress, ...options },
    );
    return new Checkpoint(this.#context, committed);
  }

  #begin(): void {
    if (this.#shard !== undefined || this.#storing || this.#stream !== undefined) {
      throw this.#misuse("is there already; a rank has one shard");
    }
  }

  async #open(): Promise<ShardWriter> {
    const { store, strategy, compressionLevel, blockSize, concurrency } = this.#context;
    const key = shardKey(strategy, this.name, this.rank);
    return ShardWriter.open(
      store,
      { rank: this.rank, key },
      { compressionLevel, blockSize, concurrency, signal: this.#options.signal },
    );
  }

  #progress(bytes: number, totalBytes: number | undefined): void {
    this.#options.onProgress?.({ phase: "shards", rank: this.rank, bytes, totalBytes });
  }

  #misuse(what: string): LodeError {
    return new LodeError({
      code: "invalid-argument",
      message: `the shard of rank ${this.rank} of ${nameText(this.name)} ${what}`,
    });
  }
}
