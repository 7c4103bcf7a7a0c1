import { LodeError } from "../../errors.js";
import { MAX_ARRAY_BYTES, type RangeReader, readExactly } from "../../formats/index.js";
import { checkRank, chunkRange } from "./box.js";
import { inTurns } from "./in-turns.js";

export interface ReshardBytesOptions {
  /** The shards of the checkpoint by the rank that saved them, all of them. */
  readonly shards: readonly RangeReader[];
  /** The rank to load for, from 0, and how many there are now. */
  readonly rank: number;
  readonly worldSize: number;
  /** Bytes that are not cut apart, such as 4 for float32. Default 1. */
  readonly elementSize?: number | undefined;
  /** Reads in flight, together of at most 128 MiB. Default 4. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Read {
  readonly reader: RangeReader;
  readonly from: number;
  readonly to: number;
  /** Where its bytes go. */
  readonly target: number;
}

const READ_BYTES = 32 * 1024 * 1024;
const CONCURRENCY = 4;

/**
 * The bytes of one rank of a new world size where the shards, joined in the order of ranks, are one buffer,
 * as the flat parameters of ZeRO and FSDP are. It is cut by {@link chunkRange} in elements, and only the rank's
 * part is read. Throws `invalid-argument` if the shards are no whole number of elements, `unsupported` for
 * more than 4 GiB, and what the readers throw.
 */
export async function reshardBytes(options: ReshardBytesOptions): Promise<Uint8Array> {
  const { shards, concurrency = CONCURRENCY, signal } = options;
  const { start, end } = partOf(options);
  if (end - start > MAX_ARRAY_BYTES) {
    throw new LodeError({
      code: "unsupported",
      message: `the part of rank ${options.rank} has ${end - start} bytes, more than the ${MAX_ARRAY_BYTES} that one array holds here; use more ranks`,
    });
  }
  const bytes = new Uint8Array(end - start);
  const reads: Read[] = [];
  let shardStart = 0;
  for (const reader of shards) {
    const last = Math.min(end - shardStart, reader.size);
    for (let from = Math.max(0, start - shardStart); from < last; ) {
      const to = Math.min(last, (Math.floor(from / READ_BYTES) + 1) * READ_BYTES);
      reads.push({ reader, from, to, target: shardStart + from - start });
      from = to;
    }
    shardStart += reader.size;
  }
  const weight = ({ from, to }: Read): number => to - from;
  await inTurns(reads, { concurrency, weight, signal }, async ({ reader, from, to, target }) => {
    bytes.set(await readExactly(reader, from, to, signal), target);
  });
  return bytes;
}

function partOf(options: ReshardBytesOptions): { start: number; end: number } {
  const { shards, rank, worldSize, elementSize = 1 } = options;
  checkRank(rank, worldSize);
  const total = shards.reduce((sum, { size }) => sum + size, 0);
  if (!Number.isSafeInteger(elementSize) || elementSize < 1 || total % elementSize !== 0) {
    throw new LodeError({
      code: "invalid-argument",
      message: `shards of together ${total} bytes are no whole number of elements of ${elementSize} bytes; give the element size that they were saved with`,
    });
  }
  const { start, end } = chunkRange(total / elementSize, rank, worldSize);
  return { start: start * elementSize, end: end * elementSize };
}
