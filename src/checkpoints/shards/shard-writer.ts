import { LodeError } from "../../errors.js";
import { BufferPool, type ObjectStore, type PooledBuffer } from "../../storage/index.js";
import type { ShardMeta } from "../manifest/index.js";
import { borrow } from "./borrow.js";
import { giveUp } from "./give-up.js";
import { callersBytes, type HeldBytes, pooledBytes } from "./held-bytes.js";
import { ShardAssembly } from "./shard-assembly.js";
import type { ShardTarget, ShardWriteOptions } from "./shard-source.js";

/**
 * Writes a shard of unknown size as a stream. It holds some blocks, whatever the size: those in flight
 * and one more, twice where it compresses. Nothing is visible before `close`.
 */
export class ShardWriter {
  readonly #assembly: ShardAssembly;
  readonly #pool: BufferPool;
  #buffer: PooledBuffer | undefined;
  #filled = 0;
  #parts = 0;
  #state: "open" | "closed" | "aborted" = "open";
  #failure: LodeError | undefined;

  /** Logical bytes that were written so far. */
  bytesWritten = 0;

  private constructor(assembly: ShardAssembly) {
    this.#assembly = assembly;
    this.#pool = new BufferPool((assembly.concurrency + 1) * assembly.sizes.of(1));
  }

  /** Throws `invalid-argument` for options that cannot be meant. Writes nothing yet. */
  static async open(
    store: ObjectStore,
    target: ShardTarget,
    options: ShardWriteOptions = {},
  ): Promise<ShardWriter> {
    return new ShardWriter(new ShardAssembly(store, target, options));
  }

  /**
   * Takes a copy of the chunk; waits while too many blocks are in flight. One call at a time. After a
   * failure, which all further calls repeat, nothing of the shard is left.
   */
  async write(chunk: Uint8Array): Promise<void> {
    this.#mustBeOpen("write");
    try {
      this.#assembly.throwIfFailed();
      const { sizes } = this.#assembly;
      let rest = chunk;
      while (rest.length > 0) {
        // What is full waits for more: the last part is told to be the last.
        if (this.#filled === this.#buffer?.bytes.length) await this.#assembly.accept(this.#take());
        this.#buffer ??= await borrow(this.#pool, sizes.of(++this.#parts), this.#assembly);
        const piece = rest.subarray(0, this.#buffer.bytes.length - this.#filled);
        this.#buffer.bytes.set(piece, this.#filled);
        this.#filled += piece.length;
        this.bytesWritten += piece.length;
        rest = rest.subarray(piece.length);
      }
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  /**
   * Publishes the shard. Throws `already-exists` if the key is taken, and what the store throws; then
   * nothing is left.
   */
  async close(): Promise<ShardMeta> {
    this.#mustBeOpen("close");
    try {
      const meta = await this.#assembly.finish(this.#take());
      this.#state = "closed";
      return meta;
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  /** Gives the shard up and leaves nothing; nothing to do after `close` or twice. */
  async abort(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "aborted";
    this.#take().discard();
    await this.#assembly.abort();
  }

  async #fail(error: unknown): Promise<LodeError> {
    this.#failure = await giveUp(error, this.#assembly.uri, () => this.abort());
    return this.#failure;
  }

  #take(): HeldBytes {
    const held =
      this.#buffer === undefined
        ? callersBytes(new Uint8Array(0))
        : pooledBytes(this.#buffer, this.#filled);
    this.#buffer = undefined;
    this.#filled = 0;
    return held;
  }

  #mustBeOpen(what: string): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state === "open") return;
    throw new LodeError({
      code: "invalid-argument",
      message: `cannot ${what} ${this.#assembly.uri}: its writer was ${this.#state} before`,
    });
  }
}
