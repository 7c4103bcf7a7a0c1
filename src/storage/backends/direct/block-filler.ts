import { alignDown, alignUp } from "../../../core/index.js";
import { SMALL_BLOCK } from "./aligned-pool.js";
import type { DirectContext } from "./direct-context.js";
import type { InFlight } from "./in-flight.js";

/** Where full blocks go. */
export interface BlockWriter {
  /** Writes aligned memory of whole units at an aligned position. */
  writeBlock(block: Uint8Array, position: number): Promise<void>;
  /**
   * Begins to write whole units straight from the caller's memory. False if the system does not take
   * that memory; then nothing was begun.
   */
  writeFrom(bytes: Uint8Array, position: number, transfers: InFlight): Promise<boolean>;
}

/** Collects bytes into blocks and writes each as soon as it is full. */
export class BlockFiller {
  readonly #file: BlockWriter;
  readonly #io: DirectContext;
  readonly #transfers: InFlight;
  #block: Uint8Array | undefined;
  readonly #keepsStill: boolean;
  #filled = 0;
  #position: number;

  /** `keepsStill`: the bytes given do not change before the transfers are drained. */
  constructor(
    file: BlockWriter,
    io: DirectContext,
    transfers: InFlight,
    keepsStill: boolean,
    position = 0,
  ) {
    this.#file = file;
    this.#io = io;
    this.#keepsStill = keepsStill;
    this.#transfers = transfers;
    this.#position = position;
  }

  /** Takes the bytes that stand at `position`. */
  async add(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    if (this.#filled === 0) {
      const whole = alignDown(bytes.byteLength);
      const memory = bytes.subarray(0, whole);
      if (whole > 0 && (await this.#file.writeFrom(memory, position, this.#transfers))) {
        if (!this.#keepsStill) await this.#transfers.drain();
        done = whole;
        this.#position += whole;
      }
    }
    while (done < bytes.byteLength) {
      this.#block ??= await this.#take();
      const piece = bytes.subarray(done, done + this.#block.byteLength - this.#filled);
      this.#block.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      done += piece.byteLength;
      if (this.#filled === this.#block.byteLength) await this.#write(this.#filled);
    }
  }

  /** Writes what is left, padded to a whole unit: the file has to be cut to its size afterwards. */
  async finish(): Promise<void> {
    if (this.#block === undefined || this.#filled === 0) return;
    const padded = alignUp(this.#filled);
    this.#block.fill(0, this.#filled, padded);
    await this.#write(padded);
  }

  release(): void {
    if (this.#block !== undefined) this.#io.pool.give(this.#block);
    this.#block = undefined;
  }

  async #write(length: number): Promise<void> {
    const block = this.#block as Uint8Array;
    const position = this.#position;
    this.#block = undefined;
    this.#filled = 0;
    this.#position += length;
    const { pool } = this.#io;
    await this.#transfers.start(async () => {
      try {
        await this.#file.writeBlock(block.subarray(0, length), position);
      } finally {
        pool.give(block);
      }
    });
  }

  async #take(): Promise<Uint8Array> {
    const { pool } = this.#io;
    for (;;) {
      const block = pool.take();
      if (block !== undefined) return block;
      // Own transfers give blocks back; without any, waiting could last for ever.
      if (this.#transfers.count === 0) return pool.small(SMALL_BLOCK);
      await this.#transfers.one();
    }
  }
}
