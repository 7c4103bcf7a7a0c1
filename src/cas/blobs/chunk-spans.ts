import type { Recipe } from "./recipe.js";

/** Chunks that are read together: at most 8 MiB, 4 MiB as a rule. */
const CHUNKS = 64;

/** Entries in a row of a pack. */
export interface ChunkSpan {
  readonly pack: string;
  readonly first: number;
  readonly entries: number;
}

/** A place between two chunks of a recipe. */
export interface ChunkPosition {
  readonly run: number;
  /** Counted from the first one of the run. */
  readonly entry: number;
}

/** The chunks between two places, in order and in groups that are read together. */
export function* spanGroups(
  { packs, runs }: Recipe,
  from: ChunkPosition,
  to: ChunkPosition,
): Generator<readonly ChunkSpan[], void> {
  let group: ChunkSpan[] = [];
  let room = CHUNKS;
  for (let run = from.run; run <= to.run && run < runs.length; run++) {
    const [pack, first, count] = runs[run]!;
    const end = run === to.run ? to.entry : count;
    for (let entry = run === from.run ? from.entry : 0; entry < end; ) {
      const entries = Math.min(room, end - entry);
      group.push({ pack: packs[pack]!, first: first + entry, entries });
      entry += entries;
      room -= entries;
      if (room > 0) continue;
      yield group;
      group = [];
      room = CHUNKS;
    }
  }
  if (group.length > 0) yield group;
}
