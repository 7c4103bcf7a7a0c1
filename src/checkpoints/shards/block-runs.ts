import type { Block, BlockMap } from "./block-map.js";

/** Neighbouring blocks that are read by one request: at most this many bytes, or one block. */
const RUN_BYTES = 8 * 1024 * 1024;

/** Some blocks in a row. */
export interface BlockRun {
  readonly blocks: readonly Block[];
  /** In the stored object; `end` is excluded. */
  readonly start: number;
  readonly end: number;
  /** In the shard's bytes before compression. */
  readonly logicalStart: number;
  readonly logicalEnd: number;
}

/** The blocks from `first` up to and without `last` in runs, in order. */
export function* blockRuns(map: BlockMap, first = 0, last = map.count): Generator<BlockRun, void> {
  // Logical bytes count too: frames that are small may become large.
  const perRun = Math.max(1, Math.floor(RUN_BYTES / map.blockSize));
  for (let from = first; from < last; from += perRun) {
    const to = Math.min(from + perRun, last);
    const blocks: Block[] = [];
    for (let index = from; index < to; index++) blocks.push(map.block(index));
    yield makeRun(blocks);
  }
}

function makeRun(blocks: readonly Block[]): BlockRun {
  const [head] = blocks;
  const tail = blocks.at(-1);
  return {
    blocks,
    start: head!.start,
    end: tail!.end,
    logicalStart: head!.logicalStart,
    logicalEnd: tail!.logicalEnd,
  };
}

/** The run without the blocks that end behind byte `size` of the stored object. */
export function runWithin(run: BlockRun, size: number): BlockRun | undefined {
  if (run.end <= size) return run;
  const blocks = run.blocks.filter(({ end }) => end <= size);
  return blocks.length === 0 ? undefined : makeRun(blocks);
}
