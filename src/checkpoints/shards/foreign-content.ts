import { constants } from "node:buffer";
import * as zlib from "node:zlib";
import { crc32c } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import { ZstdDecompressor } from "../../formats/index.js";
import type { ShardMeta } from "../manifest/index.js";
import type { BlockContent } from "./block-content.js";
import { hex, parseChecksum } from "./logical-checksum.js";
import type { PinnedObject } from "./pinned-object.js";
import type { ReadSettings, ShardContent } from "./shard-content.js";
import { damageOf, type ShardDamage } from "./shard-damage.js";

/**
 * A shard of another program, of which at most a checksum of the whole is known: it is checked when all
 * bytes have been read. A compressed one can only be read from its start.
 */
export class ForeignContent implements ShardContent {
  readonly unit = undefined;
  readonly #object: PinnedObject;
  readonly #shard: ShardMeta;
  /** The bytes as they are stored. */
  readonly #stored: BlockContent;
  readonly #compressed: boolean;
  #size: number | undefined;

  constructor(object: PinnedObject, shard: ShardMeta, stored: BlockContent) {
    this.#object = object;
    this.#shard = shard;
    this.#stored = stored;
    this.#compressed = shard.key.endsWith(".zst");
  }

  /** Of a compressed one only after all of it was decompressed. */
  async size(settings: ReadSettings): Promise<number> {
    if (!this.#compressed) return this.#shard.size;
    if (this.#size === undefined) {
      let size = 0;
      for await (const chunk of this.stream(silently(settings))) size += chunk.length;
      this.#size = size;
    }
    return this.#size;
  }

  async readInto(target: Uint8Array, settings: ReadSettings): Promise<void> {
    let at = 0;
    for await (const chunk of this.stream(settings)) {
      if (chunk.length > target.length - at) throw this.#tooLong(target.length);
      target.set(chunk, at);
      at += chunk.length;
    }
  }

  /** All bytes in memory, where their number is not known before. */
  async collect(settings: ReadSettings): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.stream(settings)) {
      size += chunk.length;
      if (size > constants.MAX_LENGTH) throw this.#tooLong(constants.MAX_LENGTH);
      chunks.push(chunk.slice());
    }
    const whole = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  async *stream(settings: ReadSettings): AsyncGenerator<Uint8Array, void, undefined> {
    const { verify, onRead } = settings;
    const expected = verify ? parseChecksum(this.#shard.checksum, this.#shard.key) : undefined;
    // s3dlio writes the CRC-32 of IEEE 802.3 under the name of CRC-32C.
    let castagnoli = 0;
    let ieee = 0;
    for await (const chunk of this.#logical(settings)) {
      if (expected !== undefined) {
        castagnoli = crc32c(chunk, castagnoli);
        ieee = zlib.crc32(chunk, ieee);
      }
      onRead(chunk.length);
      yield chunk;
    }
    if (expected === undefined || expected === castagnoli || expected === ieee) return;
    throw this.#object.damage(
      0,
      `its bytes have CRC32C ${hex(castagnoli)} and CRC-32 ${hex(ieee)} where its manifest says ${hex(expected)}`,
    );
  }

  /** Cannot be checked: the checksum is of all bytes. */
  async range(start: number, end: number, settings: ReadSettings): Promise<Uint8Array> {
    if (!this.#compressed) return this.#stored.range(start, end, { ...settings, verify: false });
    const bytes = new Uint8Array(end - start);
    let at = 0;
    for await (const chunk of this.#logical(settings)) {
      const from = Math.max(0, start - at);
      const piece = chunk.subarray(from, Math.max(from, end - at));
      if (piece.length > 0) bytes.set(piece, at + from - start);
      at += chunk.length;
      if (at >= end) break;
    }
    settings.onRead(bytes.length);
    return bytes;
  }

  async findDamage(size: number, settings: ReadSettings): Promise<ShardDamage[]> {
    if (size !== this.#shard.size) return [];
    try {
      for await (const _chunk of this.stream({ ...settings, verify: true }));
    } catch (error) {
      const damage = damageOf(error);
      if (damage === undefined) throw error;
      return [damage];
    }
    return [];
  }

  async *#logical(settings: ReadSettings): AsyncGenerator<Uint8Array, void, undefined> {
    const stored = this.#stored.stream(silently(settings));
    if (!this.#compressed) {
      yield* stored;
      return;
    }
    const decompressor = await ZstdDecompressor.open();
    let at = 0;
    try {
      for await (const chunk of stored) {
        yield* decompressor.push(chunk);
        at += chunk.length;
      }
      if (decompressor.midFrame) throw this.#object.damage(at, "it ends inside a zstd frame");
    } catch (error) {
      if (!isLodeError(error, "corrupt-format")) throw error;
      throw this.#object.damage(at, error.message, error);
    } finally {
      decompressor.close();
    }
  }

  #tooLong(room: number): LodeError {
    return new LodeError({
      code: "invalid-argument",
      message: `shard ${this.#shard.rank} (${this.#shard.key}) has more bytes than the ${room} that there is room for; read it as a stream`,
    });
  }
}

function silently(settings: ReadSettings): ReadSettings {
  return { ...settings, onRead() {} };
}
