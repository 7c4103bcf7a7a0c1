import { type ByteRange, resolveRange, sideBySide, validateRange } from "../core/index.js";
import { LodeError } from "../errors.js";
import type { RangeReader } from "../formats/index.js";
import type { CheckpointContext } from "./context.js";
import {
  type CheckpointManifest,
  type CheckpointName,
  manifestKey,
  type NamedManifest,
  nameText,
  type ShardMeta,
} from "./manifest/index.js";
import { ShardReader } from "./shards/index.js";
import {
  type LoadedTensor,
  loadResharded,
  openTensors,
  type ReshardBytesOptions,
  type ReshardTarget,
  reshardBytes,
  type TensorShard,
} from "./tensors/index.js";

export interface CheckpointReadOptions {
  /** Check what is read against the manifest's checksums. Default true. */
  readonly verify?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A checkpoint that is there: its manifest, and reads of its shards. Nothing of a shard is read before it is asked for. */
export class Checkpoint {
  readonly name: CheckpointName;
  readonly manifest: CheckpointManifest;
  readonly #context: CheckpointContext;
  readonly #verify: boolean;

  constructor(
    context: CheckpointContext,
    { name, manifest }: NamedManifest,
    options: Pick<CheckpointReadOptions, "verify"> = {},
  ) {
    this.name = name;
    this.manifest = manifest;
    this.#context = context;
    this.#verify = options.verify ?? true;
  }

  /** Global step. */
  get step(): number {
    return this.name.step;
  }

  /** Of its manifest. */
  get uri(): string {
    return this.#context.store.uriOf(manifestKey(this.name));
  }

  /** `ckpt-{step}-{id}`, which `load` takes. */
  toString(): string {
    return nameText(this.name);
  }

  /** A rank's shard, to be read in any way. Throws `invalid-argument` for a rank that it does not have. */
  shard(rank: number, options: CheckpointReadOptions = {}): ShardReader {
    return this.#reader(rank, this.#context.concurrency, options);
  }

  /**
   * A rank's bytes, or a range of them, for which only the blocks that it touches are read. Throws
   * `integrity` (damaged, exchanged, missing), `invalid-argument` (range).
   */
  async readShard(
    rank: number,
    { range, ...options }: CheckpointReadOptions & { readonly range?: ByteRange | undefined } = {},
  ): Promise<Uint8Array> {
    const reader = this.shard(rank, options);
    if (range === undefined) return reader.bytes();
    validateRange(range);
    const { start, end } = resolveRange(range, await reader.size());
    return reader.range(start, end);
  }

  /** A rank's bytes in order, in bounded memory. A chunk is valid until the next one is asked for. */
  streamShard(rank: number, options: CheckpointReadOptions = {}): AsyncIterable<Uint8Array> {
    return this.shard(rank, options).stream();
  }

  /** All shards by rank, all of them in memory; side by side, within the store's concurrency. */
  async readShards(options: CheckpointReadOptions = {}): Promise<Uint8Array[]> {
    const { shards } = this.manifest;
    const { concurrency } = this.#context;
    const atATime = Math.min(shards.length, concurrency);
    const each = Math.floor(concurrency / atATime);
    return sideBySide(shards, atATime, options.signal, ({ rank }, signal) =>
      this.#reader(rank, each, { ...options, signal }).bytes(),
    );
  }

  /** Opens a rank's shard of tensors by its header. Throws `corrupt-format` for one of another kind. */
  async tensors(rank: number, options: CheckpointReadOptions = {}): Promise<TensorShard> {
    const reader = await this.shard(rank, options).rangeReader();
    return openTensors(reader, { signal: options.signal });
  }

  /** A rank's tensors of these names, or all; others are not read. Throws `not-found`. */
  async loadTensors(
    rank: number,
    {
      names,
      ...options
    }: CheckpointReadOptions & { readonly names?: Iterable<string> | undefined } = {},
  ): Promise<Map<string, LoadedTensor>> {
    const shard = await this.tensors(rank, options);
    return shard.load(names, { signal: options.signal });
  }

  /**
   * The tensors of one rank of another world size, cut from those of all ranks; only what it needs is
   * read. Throws `corrupt-format` where the shards do not make whole tensors.
   */
  async reshard(
    options: ReshardTarget & CheckpointReadOptions,
  ): Promise<Map<string, LoadedTensor>> {
    const { verify = this.#verify, gapBytes = verify ? this.#blockSize : undefined } = options;
    return loadResharded({
      ...options,
      // Whole blocks are read to be verified: what lies between costs nothing.
      ...(gapBytes === undefined ? {} : { gapBytes }),
      concurrency: this.#context.concurrency,
      shards: await this.#rangeReaders(options),
    });
  }

  /**
   * The bytes of one rank of another world size, where all shards joined are one buffer. Throws
   * `invalid-argument` if they are no whole number of elements.
   */
  async reshardBytes(
    options: Pick<ReshardBytesOptions, "rank" | "worldSize" | "elementSize"> &
      CheckpointReadOptions,
  ): Promise<Uint8Array> {
    return reshardBytes({
      ...options,
      concurrency: this.#context.concurrency,
      shards: await this.#rangeReaders(options),
    });
  }

  /** Of all shards, by rank. */
  #rangeReaders(options: CheckpointReadOptions): Promise<RangeReader[]> {
    return Promise.all(
      this.manifest.shards.map(({ rank }) => this.#reader(rank, 1, options).rangeReader()),
    );
  }

  get #blockSize(): number | undefined {
    return this.manifest.shards[0]?.blocks?.blockSize;
  }

  #reader(
    rank: number,
    concurrency: number,
    { verify = this.#verify, signal }: CheckpointReadOptions,
  ): ShardReader {
    return new ShardReader(this.#context.store, this.#meta(rank), { verify, concurrency, signal });
  }

  #meta(rank: number): ShardMeta {
    const meta = this.manifest.shards.find((shard) => shard.rank === rank);
    if (meta !== undefined) return meta;
    throw new LodeError({
      code: "invalid-argument",
      message: `${this.toString()} has no shard of rank ${rank}; it was saved by ${this.manifest.worldSize} ranks`,
      uri: this.#context.store.uri,
    });
  }
}
