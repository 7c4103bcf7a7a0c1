import { isLodeError } from "../../errors.js";
import { type RangeReader, readExactly, tensorFromBytes } from "../../formats/index.js";
import { inTurns } from "./in-turns.js";
import { type LoadedTensor, openTensors, type TensorShard } from "./open-tensors.js";
import { applyCopy, type PlannedRead } from "./reads.js";
import { type PlannedTensor, type ReshardTarget, reshardPlan } from "./reshard-plan.js";

export interface ReshardOptions extends ReshardTarget {
  /** The shards of the checkpoint by the rank that saved them, all of them. */
  readonly shards: readonly RangeReader[];
  /** Reads in flight, together of at most 128 MiB. Default 4. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CONCURRENCY = 4;
/** Headers are small. */
const HEADER_CONCURRENCY = 16;

/**
 * Loads the tensors of one rank of a new world size from the shards of any old one, reading only what the
 * rank needs, by ranges. Holds the tensors and the reads in flight in memory. By default a read is
 * at most 32 MiB and passes over gaps of 64 KiB; a reader that verifies whole blocks is better asked with the block's
 * size as `gapBytes`. Throws as {@link reshardPlan} does, and what the readers throw.
 */
export async function loadResharded(options: ReshardOptions): Promise<Map<string, LoadedTensor>> {
  const { concurrency = CONCURRENCY, signal } = options;
  const shards = await openShards(options.shards, signal);
  const { tensors, reads } = reshardPlan(shards, options);
  const arrays = tensors.map(({ bytes }) => new Uint8Array(bytes));
  const weight = ({ start, end }: PlannedRead): number => end - start;
  await inTurns(reads, { concurrency, weight, signal }, async ({ shard, start, end, copies }) => {
    const bytes = await readExactly(shards[shard]!.reader, start, end, signal);
    for (const copy of copies) applyCopy(copy, bytes, start, arrays[copy.array]!);
  });
  return new Map(tensors.map((tensor, i) => [tensor.name, loaded(tensor, arrays[i]!)]));
}

async function openShards(
  readers: readonly RangeReader[],
  signal: AbortSignal | undefined,
): Promise<TensorShard[]> {
  const shards: TensorShard[] = [];
  await inTurns(readers, { concurrency: HEADER_CONCURRENCY, signal }, async (reader, rank) => {
    try {
      shards[rank] = await openTensors(reader, { signal });
    } catch (error) {
      if (!isLodeError(error, "corrupt-format", "unsupported")) throw error;
      throw error.with({
        message: `the shard of rank ${rank}: ${error.message}`,
        details: { rank },
      });
    }
  });
  return shards;
}

function loaded(
  { dtype, globalShape, box, sliced }: PlannedTensor,
  bytes: Uint8Array,
): LoadedTensor {
  const tensor = tensorFromBytes(dtype, box.shape, bytes);
  return sliced ? { ...tensor, globalShape, offset: box.offset } : tensor;
}
