import { crc32c, crc32cCombine } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import { readSeekTable, seekTable, type ZstdFrameSize } from "../../formats/index.js";
import type { ShardBlocks, ShardMeta } from "../manifest/index.js";
import { parseChecksum } from "./logical-checksum.js";
import { DEFAULT_BLOCK_SIZE } from "./part-sizes.js";
import type { PinnedObject } from "./pinned-object.js";

/** How often bytes that do not agree with their checksum are read, before they are taken as damaged. */
export const READ_ATTEMPTS = 3;

/** A block, by where it lies; ends are excluded. */
export interface Block {
  readonly index: number;
  /** In the stored object. */
  readonly start: number;
  readonly end: number;
  /** In the shard's bytes before compression. */
  readonly logicalStart: number;
  readonly logicalEnd: number;
  /** Of the stored bytes; undefined where the manifest does not tell. */
  readonly crc32c: number | undefined;
}

/** Where the blocks of a shard lie. */
export interface BlockMap {
  /** Bytes before compression. */
  readonly size: number;
  readonly blockSize: number;
  readonly compressed: boolean;
  readonly count: number;
  block(index: number): Block;
}

/** The stored bytes of a foreign shard, cut where it suits reading. */
export function foreignBlockMap({ size }: ShardMeta): BlockMap {
  return plainMap(size, DEFAULT_BLOCK_SIZE, () => undefined);
}

/**
 * The map of a shard that tells of its blocks; that of a compressed one is the seek table at its end.
 * Throws `integrity` if the facts in the manifest, or those and the table, contradict each other.
 */
export async function readBlockMap(
  object: PinnedObject,
  shard: ShardMeta,
  blocks: ShardBlocks,
  signal: AbortSignal | undefined,
): Promise<BlockMap> {
  const { logicalSize, blockSize, blockCrc32c } = blocks;
  const compressed = shard.key.endsWith(".zst");
  const contradicts = (what: string) =>
    object.damage(0, `its manifest contradicts itself: ${what}`);
  const count = Math.ceil(logicalSize / blockSize);
  if (count !== blockCrc32c.length) {
    throw contradicts(`${blockCrc32c.length} checksums for ${count} blocks of ${blockSize} bytes`);
  }
  if (compressed) return readCompressedMap(object, shard, blocks, signal);
  if (shard.size !== logicalSize) {
    throw contradicts(`${shard.size} bytes stored of ${logicalSize}, though not compressed`);
  }
  const map = plainMap(logicalSize, blockSize, (index) => blockCrc32c[index]);
  const whole = wholeCrc(map);
  const checksum = parseChecksum(shard.checksum, shard.key) ?? whole;
  if (whole !== blocks.storedCrc32c || whole !== checksum) {
    throw contradicts("the checksums of its blocks are not those of the whole");
  }
  return map;
}

function plainMap(
  size: number,
  blockSize: number,
  crcOf: (index: number) => number | undefined,
): BlockMap {
  return {
    size,
    blockSize,
    compressed: false,
    count: Math.ceil(size / blockSize),
    block(index) {
      const start = index * blockSize;
      const end = Math.min(start + blockSize, size);
      return { index, start, end, logicalStart: start, logicalEnd: end, crc32c: crcOf(index) };
    },
  };
}

/** Read again a few times: the table may have been damaged on its way. */
async function readCompressedMap(
  object: PinnedObject,
  shard: ShardMeta,
  blocks: ShardBlocks,
  signal: AbortSignal | undefined,
): Promise<BlockMap> {
  for (let attempt = 1; ; attempt++) {
    const read = await readTable(object, shard, blocks, signal);
    if (typeof read !== "string") return read;
    if (attempt === READ_ATTEMPTS) {
      const bytes = seekTableBytes(blocks.blockCrc32c.length);
      throw object.damage(Math.max(0, shard.size - bytes), read);
    }
  }
}

/** The map, or what is wrong with the table. */
async function readTable(
  object: PinnedObject,
  shard: ShardMeta,
  blocks: ShardBlocks,
  signal: AbortSignal | undefined,
): Promise<BlockMap | string> {
  let tail = new Uint8Array(0);
  const source = {
    size: shard.size,
    async read(start: number, end: number): Promise<Uint8Array> {
      const bytes = new Uint8Array(end - start);
      if (end > start) await readSuspect(object, start, end, bytes, signal);
      // All reads of the table go to the end of the object, the last one holds all of it.
      tail = bytes;
      return bytes;
    },
  };
  let frames: ZstdFrameSize[] | undefined;
  try {
    frames = await readSeekTable(source);
  } catch (error) {
    if (isLodeError(error, "corrupt-format")) return error.message;
    throw error;
  }
  if (frames === undefined) return "the object does not end in a zstd seek table";
  const map = compressedMap(frames, blocks);
  if (typeof map === "string") return map;
  const table = tail.subarray(Math.max(0, tail.length - seekTable(frames).length));
  const whole = crc32cCombine(wholeCrc(map), crc32c(table), table.length);
  return whole === blocks.storedCrc32c
    ? map
    : "the zstd seek table does not agree with the checksum of the whole object";
}

/** Of bytes that the store finds damaged somewhere, the table's checksum tells whether it is in there. */
async function readSuspect(
  object: PinnedObject,
  start: number,
  end: number,
  target: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await object.readInto(start, end, target, signal);
    } catch (error) {
      if (isLodeError(error, "integrity") && error.retry === "safe") return;
      if (!isLodeError(error, "incomplete-read") || attempt === READ_ATTEMPTS) throw error;
    }
  }
}

function compressedMap(frames: readonly ZstdFrameSize[], blocks: ShardBlocks): BlockMap | string {
  const { logicalSize, blockSize, blockCrc32c } = blocks;
  const count = blockCrc32c.length;
  if (frames.length !== count) {
    return `the zstd seek table tells of ${frames.length} frames where there are ${count} blocks`;
  }
  const starts = new Float64Array(count + 1);
  for (const [index, { compressed, decompressed }] of frames.entries()) {
    const expected = Math.min(blockSize, logicalSize - index * blockSize);
    if (decompressed !== expected) {
      return `the zstd seek table gives block ${index} ${decompressed} bytes, not ${expected}`;
    }
    starts[index + 1] = starts[index]! + compressed;
  }
  return {
    size: logicalSize,
    blockSize,
    compressed: true,
    count,
    block(index) {
      const logicalStart = index * blockSize;
      return {
        index,
        start: starts[index]!,
        end: starts[index + 1]!,
        logicalStart,
        logicalEnd: Math.min(logicalStart + blockSize, logicalSize),
        crc32c: blockCrc32c[index],
      };
    },
  };
}

function seekTableBytes(frames: number): number {
  return seekTable(new Array(frames).fill({ compressed: 0, decompressed: 0 })).length;
}

/** CRC-32C of all stored blocks in a row. */
function wholeCrc(map: BlockMap): number {
  let whole = 0;
  for (let index = 0; index < map.count; index++) {
    const { start, end, crc32c: crc = 0 } = map.block(index);
    whole = crc32cCombine(whole, crc, end - start);
  }
  return whole;
}
