import { AreaFiller } from "./area-filler.js";
import { cutStretch, PARAMETERS } from "./cut-stretch.js";
import { GearMemory } from "./gear-memory.js";

/** How long the chunks of these bytes are, in order. */
export function chunkLengths(bytes: Uint8Array): number[] {
  const memory = GearMemory.take();
  const filler = new AreaFiller(memory);
  const tools = { find: memory.find, sha256: () => "", ...PARAMETERS };
  const start = memory.areaStart(0);
  const state = { start, end: start, scanned: 0 };
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + filler.room);
    filler.add(piece);
    at += piece.length;
    if (at === bytes.length) filler.endPart();
    const { bounds } = cutStretch(tools, memory.bytes, state, filler.take());
    for (let i = 0; i < bounds.length; i += 2) lengths.push(bounds[i + 1]! - bounds[i]!);
  }
  memory.release();
  return lengths;
}
