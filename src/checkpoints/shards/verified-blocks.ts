import { crc32c } from "../../core/index.js";
import { isLodeError, type LodeError } from "../../errors.js";
import { decompressFrame } from "../../formats/index.js";
import { type Block, READ_ATTEMPTS } from "./block-map.js";
import type { BlockRun } from "./block-runs.js";
import { hex } from "./logical-checksum.js";
import type { PinnedObject } from "./pinned-object.js";

/** Reads the stored bytes of blocks and checks each against its checksum. */
export class VerifiedBlocks {
  readonly #object: PinnedObject;
  readonly #verify: boolean;

  constructor(object: PinnedObject, verify: boolean) {
    this.#object = object;
    this.#verify = verify;
  }

  /** Fills `target` with the run's stored bytes. Throws the first damage. */
  async read(run: BlockRun, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const [damage] = await this.findDamage(run, target, signal);
    if (damage !== undefined) throw damage;
  }

  /** As {@link read}, and tells of each damaged block. A block is read again before it counts as such. */
  async findDamage(
    run: BlockRun,
    target: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<LodeError[]> {
    const read = await this.#tryRead(run.start, run.end, target, signal);
    const damages: LodeError[] = [];
    for (const block of run.blocks) {
      const bytes = target.subarray(block.start - run.start, block.end - run.start);
      if (this.#isWhole(block, bytes, read)) continue;
      const damage = await this.#readAgain(block, bytes, signal);
      if (damage !== undefined) damages.push(damage);
    }
    return damages;
  }

  /** The bytes that a block's frame holds. */
  async decompress(block: Block, frame: Uint8Array): Promise<Uint8Array> {
    try {
      return await decompressFrame(frame, block.logicalEnd - block.logicalStart);
    } catch (error) {
      if (!isLodeError(error, "corrupt-format")) throw error;
      throw this.#object.damage(block.start, error.message, error);
    }
  }

  async #readAgain(
    block: Block,
    bytes: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<LodeError | undefined> {
    for (let attempt = 2; attempt <= READ_ATTEMPTS; attempt++) {
      const last = attempt === READ_ATTEMPTS;
      const read = await this.#tryRead(block.start, block.end, bytes, signal, last);
      if (this.#isWhole(block, bytes, read)) return undefined;
    }
    const { index, start, crc32c: expected } = block;
    const found = `block ${index} has CRC32C ${hex(crc32c(bytes))}`;
    return this.#object.damage(
      start,
      expected === undefined
        ? `${found}, which does not agree with what the store recorded of the whole`
        : `${found} where its manifest says ${hex(expected)}`,
    );
  }

  /** False for what may be better when it is read again. */
  async #tryRead(
    start: number,
    end: number,
    target: Uint8Array,
    signal: AbortSignal | undefined,
    last = false,
  ): Promise<boolean> {
    try {
      await this.#object.readInto(start, end, target, signal);
      return true;
    } catch (error) {
      if (isLodeError(error, "integrity") && error.retry === "safe") return false;
      if (isLodeError(error, "incomplete-read") && !last) return false;
      throw error;
    }
  }

  /** A block's own checksum tells more than how the request ended. */
  #isWhole(block: Block, bytes: Uint8Array, read: boolean): boolean {
    if (!this.#verify || block.crc32c === undefined) return read;
    return crc32c(bytes) === block.crc32c;
  }
}
