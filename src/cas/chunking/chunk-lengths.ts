import { BlockCutter } from "./block-cutter.js";

/** How long the chunks of these bytes are, in order. */
export function chunkLengths(bytes: Uint8Array): number[] {
  const cutter = BlockCutter.take();
  const lengths: number[] = [];
  const take = (): void => {
    const { bounds } = cutter.takeBlock();
    for (let i = 0; i < bounds.length; i += 2) lengths.push(bounds[i + 1]! - bounds[i]!);
  };
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + cutter.room);
    cutter.add(piece);
    at += piece.length;
    if (cutter.room === 0) take();
  }
  cutter.endPart();
  take();
  cutter.release();
  return lengths;
}
