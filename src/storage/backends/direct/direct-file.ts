import { constants } from "node:fs";
import { ALIGNMENT, alignDown, alignUp, crc32c } from "../../../core/index.js";
import { throwIfAborted } from "../../../errors.js";
import type { PutBody } from "../../backend.js";
import {
  BufferedFile,
  bodyLength,
  type ChunkReader,
  type DataFile,
  isFsError,
  pieces,
  type WrittenBody,
  wrongLength,
} from "../../local-disk/index.js";
import { BlockFiller, type BlockWriter } from "./block-filler.js";
import { type BlockReader, DirectChunks } from "./direct-chunks.js";
import type { DirectContext } from "./direct-context.js";
import { InFlight } from "./in-flight.js";

const ACCESS = constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR;

/**
 * A file opened with O_DIRECT. Whole aligned units go directly; the odd ends of parts go through a second,
 * buffered descriptor of the same file, which the kernel keeps coherent since no page is touched both ways by
 * one store at a time.
 */
export class DirectFile implements DataFile, BlockReader, BlockWriter {
  readonly fd: number;
  readonly #io: DirectContext;
  readonly #flags: number;
  #buffered: Promise<BufferedFile> | undefined;
  #refused: boolean;

  constructor(io: DirectContext, fd: number, flags: number) {
    this.#io = io;
    this.fd = fd;
    this.#flags = flags;
    this.#refused = io.mode === "buffered";
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const whole = alignDown(target.byteLength);
    if (this.#mayBeAligned(target) && position % ALIGNMENT === 0 && whole > 0) {
      const done = await this.#readAligned(target.subarray(0, whole), position);
      if (done !== undefined) {
        if (done < whole) return done;
        return done + (await this.#readThroughBlocks(target.subarray(whole), position + whole));
      }
    }
    return this.#readThroughBlocks(target, position);
  }

  chunks(start: number, end: number): ChunkReader {
    return new DirectChunks(this, this.#io, start, end);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const from = Math.min(alignUp(position) - position, bytes.byteLength);
    const to = Math.max(from, alignDown(position + bytes.byteLength) - position);
    const odd = [
      { bytes: bytes.subarray(0, from), position },
      { bytes: bytes.subarray(to), position: position + to },
    ];
    for (const end of odd) {
      if (end.bytes.byteLength > 0) await (await this.#second()).write(end.bytes, end.position);
    }
    const transfers = new InFlight(this.#io.depth);
    try {
      await this.#writeUnits(bytes.subarray(from, to), position + from, transfers);
      await transfers.drain();
    } finally {
      await transfers.settle();
    }
  }

  async writeBody(body: PutBody, signal: AbortSignal | undefined): Promise<WrittenBody> {
    const length = bodyLength(body);
    const transfers = new InFlight(this.#io.depth);
    const blocks = new BlockFiller(this, this.#io, transfers, body instanceof Uint8Array);
    let size = 0;
    let crc = 0;
    try {
      for await (const chunk of pieces(body, signal)) {
        throwIfAborted(signal);
        if (size + chunk.byteLength > length) throw wrongLength(length, size + chunk.byteLength);
        await blocks.add(chunk, size);
        crc = crc32c(chunk, crc);
        size += chunk.byteLength;
      }
      throwIfAborted(signal);
      if (size !== length) throw wrongLength(length, size);
      await blocks.finish();
      await transfers.drain();
    } finally {
      await transfers.settle();
      blocks.release();
    }
    await this.setSize(size);
    return { size, crc32c: crc };
  }

  async setSize(size: number): Promise<void> {
    await this.#io.calls.ftruncate(this.fd, size);
  }

  async close(): Promise<void> {
    const second = this.#buffered;
    this.#buffered = undefined;
    try {
      await (await second?.catch(() => undefined))?.close();
    } finally {
      await this.#io.calls.close(this.fd);
    }
  }

  /**
   * Reads into aligned memory at an aligned position until it is full or the file ends; goes on buffered
   * where this file cannot be read directly.
   */
  async readBlock(block: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (!this.#refused && done < block.byteLength) {
      try {
        const count = await this.#io.calls.read(this.fd, block.subarray(done), position + done);
        done += count;
        // Only the end of the file makes a count odd or zero.
        if (count === 0 || done % ALIGNMENT !== 0) return done;
      } catch (error) {
        this.#refuseOrThrow(error);
      }
    }
    if (done === block.byteLength) return done;
    return done + (await (await this.#second()).read(block.subarray(done), position + done));
  }

  /** Writes aligned memory of whole units at an aligned position. */
  async writeBlock(block: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (!this.#refused && done < block.byteLength) {
      try {
        done += await this.#io.calls.write(this.fd, block.subarray(done), position + done);
        if (done % ALIGNMENT !== 0) break; // a short write: its rest is no longer aligned
      } catch (error) {
        this.#refuseOrThrow(error);
      }
    }
    if (done < block.byteLength) {
      await (await this.#second()).write(block.subarray(done), position + done);
    }
  }

  /** True unless the memory is known not to begin at a page or the system refused it before. */
  #mayBeAligned(bytes: Uint8Array): boolean {
    return (
      !this.#refused &&
      bytes.byteOffset % ALIGNMENT === 0 &&
      this.#io.alignedBuffers.get(bytes.buffer) !== false
    );
  }

  /** Straight into the caller's memory; undefined if the system does not take that memory. */
  async #readAligned(target: Uint8Array, position: number): Promise<number | undefined> {
    const step = this.#io.pool.blockBytes;
    if (this.#io.alignedBuffers.get(target.buffer)) return this.#readBlocks(target, position);
    const first = target.subarray(0, step);
    let count: number;
    try {
      count = await this.#io.calls.read(this.fd, first, position);
    } catch (error) {
      if (!isFsError(error, "EINVAL")) throw error;
      this.#io.alignedBuffers.set(target.buffer, false);
      return undefined;
    }
    this.#io.alignedBuffers.set(target.buffer, true);
    if (count % ALIGNMENT !== 0 || count === 0) return count;
    return count + (await this.#readBlocks(target.subarray(count), position + count));
  }

  async #readBlocks(target: Uint8Array, position: number): Promise<number> {
    const step = this.#io.pool.blockBytes;
    const transfers = new InFlight(this.#io.depth);
    const counts: number[] = [];
    try {
      for (let at = 0, index = 0; at < target.byteLength; at += step, index++) {
        const block = target.subarray(at, at + step);
        await transfers.start(async () => {
          counts[index] = await this.readBlock(block, position + at);
        });
      }
      await transfers.drain();
    } finally {
      await transfers.settle();
    }
    // Whatever comes behind a short block is behind the end of the file.
    const short = counts.findIndex((count, index) => index < counts.length - 1 && count < step);
    return counts
      .slice(0, short < 0 ? undefined : short + 1)
      .reduce((sum, count) => sum + count, 0);
  }

  async #readThroughBlocks(target: Uint8Array, position: number): Promise<number> {
    if (target.byteLength === 0) return 0;
    if (this.#refused) return (await this.#second()).read(target, position);
    const chunks = this.chunks(position, position + target.byteLength);
    let done = 0;
    try {
      for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
        target.set(chunk, done);
        done += chunk.byteLength;
      }
    } finally {
      await chunks.close();
    }
    return done;
  }

  async #writeUnits(bytes: Uint8Array, position: number, transfers: InFlight): Promise<void> {
    if (bytes.byteLength === 0) return;
    if (this.#refused) return (await this.#second()).write(bytes, position);
    const blocks = new BlockFiller(this, this.#io, transfers, true, position);
    try {
      await blocks.add(bytes, position);
      await blocks.finish();
    } finally {
      await transfers.settle();
      blocks.release();
    }
  }

  /**
   * Begins to write whole units straight from the caller's memory. False if the system does not take that
   * memory; then nothing was begun.
   */
  async writeFrom(bytes: Uint8Array, position: number, transfers: InFlight): Promise<boolean> {
    if (!this.#mayBeAligned(bytes) || bytes.byteLength % ALIGNMENT !== 0) return false;
    const step = this.#io.pool.blockBytes;
    let at = 0;
    if (!this.#io.alignedBuffers.get(bytes.buffer)) {
      try {
        at = await this.#io.calls.write(this.fd, bytes.subarray(0, ALIGNMENT), position);
      } catch (error) {
        if (!isFsError(error, "EINVAL")) throw error;
        this.#io.alignedBuffers.set(bytes.buffer, false);
        return false;
      }
      if (at !== ALIGNMENT) at = 0;
      this.#io.alignedBuffers.set(bytes.buffer, true);
    }
    for (; at < bytes.byteLength; at += step) {
      const from = at;
      await transfers.start(() => {
        return this.writeBlock(bytes.subarray(from, from + step), position + from);
      });
    }
    return true;
  }

  #refuseOrThrow(error: unknown): void {
    if (!isFsError(error, "EINVAL")) throw error;
    this.#refused = true;
    this.#io.refuse("it refuses transfers that are aligned to 4,096 bytes");
  }

  /** The same file without O_DIRECT, whatever its name is by now (proc(5), `/proc/pid/fd`). */
  #second(): Promise<BufferedFile> {
    const { calls } = this.#io;
    this.#buffered ??= calls
      .open(`/proc/self/fd/${this.fd}`, this.#flags & ACCESS)
      .then((fd) => new BufferedFile(calls, fd));
    return this.#buffered;
  }
}
