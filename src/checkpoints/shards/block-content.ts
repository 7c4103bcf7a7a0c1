import { crc32c, forEachConcurrently, inOrder } from "../../core/index.js";
import type { LodeError } from "../../errors.js";
import { BufferPool } from "../../storage/index.js";
import type { BlockMap } from "./block-map.js";
import { type BlockRun, blockRuns, runWithin } from "./block-runs.js";
import { BlockTally } from "./block-tally.js";
import { callersBytes, type HeldBytes, pooledBytes } from "./held-bytes.js";
import { hex } from "./logical-checksum.js";
import type { PinnedObject } from "./pinned-object.js";
import type { ReadSettings, ShardContent } from "./shard-content.js";
import { damageOf, type ShardDamage } from "./shard-damage.js";
import { VerifiedBlocks } from "./verified-blocks.js";

/** A shard whose blocks are known: any of them can be read, and checked, by itself. */
export class BlockContent implements ShardContent {
  readonly unit: number | undefined;
  readonly #object: PinnedObject;
  readonly #map: BlockMap;
  /** CRC-32C of all logical bytes, where it is known and does not follow from those of the blocks. */
  readonly #checksum: number | undefined;

  constructor(object: PinnedObject, map: BlockMap, checksum?: number) {
    this.#object = object;
    this.#map = map;
    this.#checksum = checksum;
    this.unit = map.blockSize;
  }

  async size(): Promise<number> {
    return this.#map.size;
  }

  async readInto(target: Uint8Array, settings: ReadSettings): Promise<void> {
    await this.#mustExist(settings);
    const tally = new BlockTally();
    await this.#readRuns(blockRuns(this.#map), target, 0, settings, tally);
    if (settings.verify && this.#map.compressed) this.#checkWhole(tally.whole());
  }

  async *stream(settings: ReadSettings): AsyncGenerator<Uint8Array, void, undefined> {
    await this.#mustExist(settings);
    const { verify, concurrency, signal, onRead } = settings;
    const blocks = new VerifiedBlocks(this.#object, verify);
    const pool = poolFor(this.#map, concurrency);
    const tally = new BlockTally();
    const begun = inOrder(blockRuns(this.#map), concurrency, signal, (run, stop) =>
      this.#loadRun(blocks, pool, run, stop),
    );
    let index = 0;
    for await (const pieces of begun) {
      for (const piece of pieces) {
        if (this.#map.compressed) tally.set(index++, piece.bytes.length, crc32c(piece.bytes));
        onRead(piece.bytes.length);
        yield piece.bytes;
        piece.release();
      }
    }
    if (verify && this.#map.compressed) this.#checkWhole(tally.whole());
  }

  async range(start: number, end: number, settings: ReadSettings): Promise<Uint8Array> {
    const { blockSize, size } = this.#map;
    if (!settings.verify && !this.#map.compressed) return this.#exactRange(start, end, settings);
    const first = Math.floor(start / blockSize);
    const last = Math.ceil(end / blockSize);
    const from = first * blockSize;
    const covering = new Uint8Array(Math.min(last * blockSize, size) - from);
    await this.#readRuns(blockRuns(this.#map, first, last), covering, from, settings);
    const wanted = covering.subarray(start - from, end - from);
    // A small range must not keep whole blocks in memory.
    return wanted.length * 2 < covering.length ? wanted.slice() : wanted;
  }

  async findDamage(size: number, settings: ReadSettings): Promise<ShardDamage[]> {
    const { concurrency, signal, onRead } = settings;
    const blocks = new VerifiedBlocks(this.#object, true);
    const pool = poolFor(this.#map, concurrency);
    const tally = new BlockTally();
    const damages: ShardDamage[] = [];
    const told = (error: unknown): void => {
      const damage = damageOf(error);
      if (damage === undefined) throw error;
      damages.push(damage);
    };
    await forEachConcurrently(blockRuns(this.#map), concurrency, signal, async (whole, stop) => {
      const run = runWithin(whole, size);
      if (run === undefined) return;
      const buffer = await pool.acquire(run.end - run.start, stop);
      try {
        const found = await blocks.findDamage(run, buffer.bytes, stop);
        for (const error of found) told(error);
        if (found.length === 0) await this.#decompressRun(blocks, run, buffer.bytes, tally);
        buffer.release();
      } catch (error) {
        buffer.discard();
        told(error);
      }
      onRead(run.logicalEnd - run.logicalStart);
    });
    if (damages.length === 0 && size >= this.#storedEnd && this.#map.compressed) {
      try {
        this.#checkWhole(tally.whole());
      } catch (error) {
        told(error);
      }
    }
    return damages.sort((a, b) => a.offset - b.offset);
  }

  get #storedEnd(): number {
    return this.#map.count === 0 ? 0 : this.#map.block(this.#map.count - 1).end;
  }

  /** Of an empty shard nothing is read, and yet it may be missing. */
  async #mustExist({ signal }: ReadSettings): Promise<void> {
    if (this.#map.count === 0) await this.#object.size(signal);
  }

  /** Fills `target`, whose first byte is the shard's byte `from`, with the runs' logical bytes. */
  async #readRuns(
    runs: Iterable<BlockRun>,
    target: Uint8Array,
    from: number,
    { verify, concurrency, signal, onRead }: ReadSettings,
    tally?: BlockTally,
  ): Promise<void> {
    const blocks = new VerifiedBlocks(this.#object, verify);
    const pool = poolFor(this.#map, concurrency);
    await forEachConcurrently(runs, concurrency, signal, async (run, stop) => {
      const place = target.subarray(run.logicalStart - from, run.logicalEnd - from);
      if (this.#map.compressed) {
        const buffer = await pool.acquire(run.end - run.start, stop);
        try {
          await blocks.read(run, buffer.bytes, stop);
          await this.#decompressRun(blocks, run, buffer.bytes, tally, place);
        } catch (error) {
          buffer.discard();
          throw error;
        }
        buffer.release();
      } else {
        await blocks.read(run, place, stop);
      }
      onRead(place.length);
    });
  }

  /** Decompresses a run's frames, into `place` if it is given. */
  async #decompressRun(
    blocks: VerifiedBlocks,
    run: BlockRun,
    frames: Uint8Array,
    tally: BlockTally | undefined,
    place?: Uint8Array,
  ): Promise<void> {
    if (!this.#map.compressed) return;
    for (const block of run.blocks) {
      const frame = frames.subarray(block.start - run.start, block.end - run.start);
      const bytes = await blocks.decompress(block, frame);
      tally?.set(block.index, bytes.length, crc32c(bytes));
      place?.set(bytes, block.logicalStart - run.logicalStart);
    }
  }

  /** A run's logical bytes in memory. */
  async #loadRun(
    blocks: VerifiedBlocks,
    pool: BufferPool,
    run: BlockRun,
    signal: AbortSignal,
  ): Promise<HeldBytes[]> {
    const buffer = await pool.acquire(run.end - run.start, signal);
    try {
      await blocks.read(run, buffer.bytes, signal);
      if (!this.#map.compressed) return [pooledBytes(buffer, buffer.bytes.length)];
      const pieces: HeldBytes[] = [];
      for (const block of run.blocks) {
        const frame = buffer.bytes.subarray(block.start - run.start, block.end - run.start);
        pieces.push(callersBytes(await blocks.decompress(block, frame)));
      }
      buffer.release();
      return pieces;
    } catch (error) {
      buffer.discard();
      throw error;
    }
  }

  async #exactRange(start: number, end: number, settings: ReadSettings): Promise<Uint8Array> {
    const { concurrency, signal, onRead } = settings;
    const bytes = new Uint8Array(end - start);
    const step = this.#map.blockSize;
    const starts = Array.from(
      { length: Math.ceil((end - start) / step) },
      (_, i) => start + i * step,
    );
    await forEachConcurrently(starts, concurrency, signal, async (from, stop) => {
      const to = Math.min(from + step, end);
      await this.#object.readInto(from, to, bytes.subarray(from - start, to - start), stop);
      onRead(to - from);
    });
    return bytes;
  }

  #checkWhole(actual: number): void {
    if (this.#checksum === undefined || this.#checksum === actual) return;
    throw this.#wrongWhole(actual, this.#checksum);
  }

  #wrongWhole(actual: number, expected: number): LodeError {
    return this.#object.damage(
      0,
      `its bytes have CRC32C ${hex(actual)} where its manifest says ${hex(expected)}`,
    );
  }
}

function poolFor(map: BlockMap, concurrency: number): BufferPool {
  // Frames of blocks that do not shrink are a little longer than the blocks.
  return new BufferPool((concurrency + 1) * (Math.max(map.blockSize, 8 << 20) + (1 << 20)));
}
