import type { TensorBox } from "./box.js";

interface Loop {
  readonly count: number;
  /** Bytes from one turn to the next. */
  readonly sourceStride: number;
  readonly targetStride: number;
}

/**
 * Bytes to copy from one file to one array: runs of one length that are regular in both. The number of
 * a run counts with the last loop fastest, and so in the order of the file.
 */
export interface Runs {
  readonly source: number;
  readonly target: number;
  readonly bytes: number;
  /** Outermost first. */
  readonly loops: readonly Loop[];
}

/** A box of a tensor and the arrays in C order that it is in on both sides. */
export interface BoxCopy {
  /** What is copied, in indices of the global tensor. */
  readonly box: TensorBox;
  /** What the file has, and where in it. */
  readonly source: TensorBox;
  readonly sourceStart: number;
  /** What the array has. */
  readonly target: TensorBox;
  readonly itemBytes: number;
}

/** The runs that a box lies in: as long as it is in one piece on both sides. */
export function runsOf({ box, source, sourceStart, target, itemBytes }: BoxCopy): Runs {
  let [sourceStride, targetStride, bytes] = [itemBytes, itemBytes, itemBytes];
  let [from, to] = [sourceStart, 0];
  const loops: Loop[] = [];
  for (let axis = box.shape.length - 1; axis >= 0; axis--) {
    const count = box.shape[axis]!;
    from += (box.offset[axis]! - source.offset[axis]!) * sourceStride;
    to += (box.offset[axis]! - target.offset[axis]!) * targetStride;
    const together = loops.length === 0 && bytes === sourceStride && bytes === targetStride;
    if (together) bytes *= count;
    else if (count > 1) loops.unshift({ count, sourceStride, targetStride });
    sourceStride *= source.shape[axis]!;
    targetStride *= target.shape[axis]!;
  }
  return { source: from, target: to, bytes, loops };
}

/**
 * The same bytes in runs of at most `most`. A single run is cut at multiples of it in the file, so that
 * reads begin and end where blocks do.
 */
export function cutRuns(runs: Runs, most: number): Runs[] {
  const { source, target, bytes, loops } = runs;
  const head = loops.length === 0 ? Math.min(bytes, (most - (source % most)) % most) : 0;
  if (head === bytes || (head === 0 && bytes <= most)) return [runs];
  const count = Math.floor((bytes - head) / most);
  const tail = bytes - head - count * most;
  const part = (at: number, length: number): Runs => ({
    source: source + at,
    target: target + at,
    bytes: length,
    loops,
  });
  const cut: Runs[] = [];
  if (head > 0) cut.push(part(0, head));
  if (count > 0) {
    const loop = { count, sourceStride: most, targetStride: most };
    cut.push({ ...part(head, most), loops: [...loops, loop] });
  }
  if (tail > 0) cut.push(part(head + count * most, tail));
  return cut;
}

export function runCount({ loops }: Runs): number {
  return loops.reduce((count, loop) => count * loop.count, 1);
}

/** Calls `visit` with the places of runs `from` to `to`; no memory, however many there are. */
export function visitRuns(
  { source, target, loops }: Runs,
  from: number,
  to: number,
  visit: (source: number, target: number) => void,
): void {
  const turns = new Array<number>(loops.length).fill(0);
  let number = from;
  for (let i = loops.length - 1; i >= 0; i--) {
    const { count } = loops[i]!;
    turns[i] = number % count;
    number = Math.floor(number / count);
  }
  let sourceAt = source;
  let targetAt = target;
  for (const [i, loop] of loops.entries()) {
    sourceAt += turns[i]! * loop.sourceStride;
    targetAt += turns[i]! * loop.targetStride;
  }
  for (let run = from; run < to; run++) {
    visit(sourceAt, targetAt);
    for (let i = loops.length - 1; i >= 0; i--) {
      const { count, sourceStride, targetStride } = loops[i]!;
      sourceAt += sourceStride;
      targetAt += targetStride;
      if (++turns[i]! < count) break;
      turns[i] = 0;
      sourceAt -= count * sourceStride;
      targetAt -= count * targetStride;
    }
  }
}
