import { abortable } from "../../core/index.js";
import { BufferPool, type ObjectStore } from "../../storage/index.js";
import type { ShardMeta } from "../manifest/index.js";
import { borrow, type Stoppable } from "./borrow.js";
import { giveUp } from "./give-up.js";
import { callersBytes, type HeldBytes, pooledBytes } from "./held-bytes.js";
import { ShardAssembly } from "./shard-assembly.js";
import type { ShardSource, ShardTarget, ShardWriteOptions } from "./shard-source.js";
import { ShardWriter } from "./shard-writer.js";

/**
 * Writes one shard and tells what its manifest has to. From memory it is sent without a copy where a
 * part lies within one piece. Throws `already-exists` if the key is taken, `aborted`, what the source
 * throws and what the store throws; after any failure nothing of it is left.
 */
export async function writeShard(
  store: ObjectStore,
  target: ShardTarget,
  source: ShardSource,
  options: ShardWriteOptions = {},
): Promise<ShardMeta> {
  if (source instanceof Uint8Array) return writePieces(store, target, [source], options);
  if (isPieces(source)) return writePieces(store, target, source, options);
  return writeStream(store, target, source, options);
}

function isPieces(source: ShardSource): source is readonly Uint8Array[] {
  return Array.isArray(source);
}

async function writePieces(
  store: ObjectStore,
  target: ShardTarget,
  pieces: readonly Uint8Array[],
  options: ShardWriteOptions,
): Promise<ShardMeta> {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const assembly = new ShardAssembly(store, target, options, size);
  const partSize = assembly.sizes.of(1);
  const cutter = new PieceCutter(pieces, (assembly.concurrency + 1) * partSize);
  try {
    for (let left = size; left > partSize; left -= partSize) {
      await assembly.accept(await cutter.take(partSize, assembly));
    }
    const last = await cutter.take(size % partSize || Math.min(size, partSize), assembly);
    return await assembly.finish(last);
  } catch (error) {
    throw await giveUp(error, assembly.uri, () => assembly.abort());
  }
}

async function writeStream(
  store: ObjectStore,
  target: ShardTarget,
  source: AsyncIterable<Uint8Array>,
  options: ShardWriteOptions,
): Promise<ShardMeta> {
  const writer = await ShardWriter.open(store, target, options);
  try {
    for await (const chunk of abortable(source, options.signal, "put")) await writer.write(chunk);
    return await writer.close();
  } catch (error) {
    throw await giveUp(error, store.uriOf(target.key), () => writer.abort());
  }
}

/** Takes runs of bytes from pieces that lie in memory; only what crosses a border is copied. */
class PieceCutter {
  readonly #pieces: readonly Uint8Array[];
  readonly #pool: BufferPool;
  #piece = 0;
  #at = 0;

  constructor(pieces: readonly Uint8Array[], poolBytes: number) {
    this.#pieces = pieces;
    this.#pool = new BufferPool(poolBytes);
  }

  /** The next `length` bytes, which must be there. */
  async take(length: number, work: Stoppable): Promise<HeldBytes> {
    if (length === 0) return callersBytes(new Uint8Array(0));
    const first = this.#next(length);
    if (first.length === length) return callersBytes(first);
    const buffer = await borrow(this.#pool, length, work);
    let filled = 0;
    for (let view = first; ; view = this.#next(length - filled)) {
      buffer.bytes.set(view, filled);
      filled += view.length;
      if (filled === length) return pooledBytes(buffer, length);
    }
  }

  #next(most: number): Uint8Array {
    while (this.#at === this.#pieces[this.#piece]!.length) {
      this.#piece++;
      this.#at = 0;
    }
    const view = this.#pieces[this.#piece]!.subarray(this.#at, this.#at + most);
    this.#at += view.length;
    return view;
  }
}
