import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countInRuns } from "../../../../src/formats/parquet/check-runs.js";
import { encodeLevels } from "../../../../src/formats/parquet/table-writer/levels.js";

/** Runs of levels up to `max`, mostly short. */
const levelsOf = (max: number) =>
  fc
    .array(
      fc.tuple(
        fc.integer({ min: 0, max }),
        fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
      ),
      {
        maxLength: 100,
      },
    )
    .map((runs) =>
      Uint8Array.from(runs.flatMap(([level, count]) => new Array<number>(count).fill(level))),
    );

function widthOf(max: number): number {
  return 32 - Math.clz32(max);
}

/** By the words of Parquet's Encodings.md. */
function decode(bytes: Uint8Array, bitWidth: number, count: number): number[] {
  const levels: number[] = [];
  for (let at = 4; at < bytes.length; ) {
    let head = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      head += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if (head % 2 === 0) {
      const level = bytes[at++]!;
      for (let i = 0; i < head / 2; i++) levels.push(level);
      continue;
    }
    for (let i = 0; i < ((head - 1) / 2) * 8; i++) {
      let level = 0;
      for (let b = 0; b < bitWidth; b++) {
        const bit = at * 8 + i * bitWidth + b;
        level |= ((bytes[bit >> 3]! >> (bit & 7)) & 1) << b;
      }
      levels.push(level);
    }
    at += ((head - 1) / 2) * bitWidth;
  }
  return levels.slice(0, count);
}

describe("encodeLevels", () => {
  it("keeps the levels, in runs that end where they should", () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(1, 2, 3, 7, 8, 100, 128)
          .chain((max) => fc.tuple(fc.constant(max), levelsOf(max))),
        ([max, levels]) => {
          const bytes = encodeLevels(levels, max);
          const bitWidth = widthOf(max);
          expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)).toBe(
            bytes.length - 4,
          );
          expect(decode(bytes, bitWidth, levels.length)).toEqual([...levels]);
          const runs = { from: 4, to: bytes.length, bitWidth, values: levels.length };
          expect(countInRuns(bytes, runs, max)).toBe(
            levels.filter((level) => level === max).length,
          );
        },
      ),
    );
  });

  it("has few bytes for levels that seldom change", () => {
    const levels = new Uint8Array(1_000_000).fill(1);
    expect(encodeLevels(levels, 1).length).toBe(8);
    for (let i = 0; i < levels.length; i += 1000) levels[i] = 0;
    expect(encodeLevels(levels, 1).length).toBeLessThan(6000);
  });

  it("packs levels that change often", () => {
    const levels = Uint8Array.from({ length: 80_000 }, (_, i) => i & 1);
    expect(encodeLevels(levels, 1).length).toBeLessThan(10_500);
  });

  it("moves but does not change what stands behind an inserted level", () => {
    const levels = new Uint8Array(10_000).fill(1);
    for (let i = 0; i < levels.length; i += 97) levels[i] = 0;
    const before = encodeLevels(levels, 1);
    const after = encodeLevels(
      Uint8Array.of(...levels.subarray(0, 50), 1, ...levels.subarray(50)),
      1,
    );
    expect(Buffer.compare(after.subarray(-200), before.subarray(-200))).toBe(0);
  });
});
