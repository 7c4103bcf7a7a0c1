import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/core/index.js";
import {
  contentsDigest,
  groupContents,
  groupFiles,
  totalBytes,
} from "../../../src/runs/trees/file-groups.js";
import { sha256 } from "./tree-documents.js";

const MIB = 1024 * 1024;

function files(count: number, meanBytes: number, seed = 1) {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => ({
    size: 1 + Math.floor(random() * 2 * meanBytes),
    sha256: sha256(`${seed} ${index}`),
  }));
}

/** As docs/formats/trees.md has it. */
function weightOf({ size }: { readonly size: number }): number {
  return Math.max(size, 4096);
}

function digest(group: ReturnType<typeof files>): string {
  return contentsDigest(groupContents(group));
}

describe("groupFiles", () => {
  it("keeps every file in its order, within the bounds", () => {
    fc.assert(
      fc.property(
        fc.nat(3_000),
        fc.integer({ min: 1, max: MIB / 2 }),
        fc.nat(),
        (count, mean, seed) => {
          const all = files(count, mean, seed);
          const groups = groupFiles(all);
          expect(groups.flat()).toEqual(all);
          for (const [index, group] of groups.entries()) {
            expect(group.length).toBeGreaterThan(0);
            const weight = totalBytes(group.map((file) => ({ ...file, size: weightOf(file) })));
            expect(weight).toBeLessThanOrEqual(64 * MIB);
            if (index < groups.length - 1) expect(weight).toBeGreaterThanOrEqual(16 * MIB);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it("bounds the number of tiny files in a group, as a change of one reads them all", () => {
    const lengths = groupFiles(files(70_000, 1)).map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(16_384);
    expect(lengths.length).toBeLessThanOrEqual(18);
  });

  it("changes few groups when a file comes in at the front", () => {
    const before = files(10_000, 100_000);
    const after = [...files(1, 100_000, 2), ...before];
    const known = new Set(groupFiles(before).map(digest));
    const fresh = groupFiles(after).filter((group) => !known.has(digest(group)));
    expect(known.size).toBeGreaterThan(20);
    expect(fresh.length).toBeLessThanOrEqual(4);
  });
});

describe("groupContents", () => {
  it("does not depend on the order of the files, nor on how often a content is there", () => {
    const some = files(100, 1_000);
    const other = [...some.slice(50), ...some.slice(0, 70)];
    expect(groupContents(other)).toEqual(groupContents(some));
    expect(digest(other)).toBe(digest(some));
    expect(digest(some.slice(1))).not.toBe(digest(some));
  });
});
