import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PartSizes } from "../../../src/checkpoints/shards/part-sizes.js";

const MIB = 1 << 20;
const GIB = 1 << 30;
const S3 = { multipart: true, minPartBytes: 5 * MIB, maxPartBytes: 5 * GIB, maxParts: 10_000 };
const FILE = { multipart: true, minPartBytes: 1, maxPartBytes: 4 * GIB, maxParts: 100_000 };

describe("parts of a shard", () => {
  it("are whole blocks within the store's limits, and enough of them", () => {
    const sizes = fc.oneof(
      fc.nat({ max: 10 * MIB }),
      fc.nat({ max: 4096 }).map((n) => n * GIB),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(S3, FILE),
        fc.integer({ min: 1000, max: 64 * MIB }),
        sizes,
        (limits, blockSize, size) => {
          const part = new PartSizes(limits, blockSize, size).of(1);
          expect(part % blockSize).toBe(0);
          expect(part).toBeGreaterThanOrEqual(limits.minPartBytes);
          expect(part).toBeLessThanOrEqual(limits.maxPartBytes);
          expect(Math.ceil(size / part)).toBeLessThanOrEqual(limits.maxParts);
          expect(new PartSizes(limits, blockSize, size).of(9999)).toBe(part);
        },
      ),
    );
  });

  it("are one block of 8 MiB for what is usual", () => {
    for (const limits of [S3, FILE]) {
      expect(new PartSizes(limits, 8 * MIB, 70 * GIB).of(1)).toBe(8 * MIB);
      expect(new PartSizes(limits, 8 * MIB).of(1)).toBe(8 * MIB);
    }
  });

  it("hold several blocks of a shard that is too large for one each", () => {
    expect(new PartSizes(S3, 8 * MIB, 100 * GIB).of(1)).toBe(16 * MIB);
    expect(new PartSizes(S3, MIB, GIB).of(1)).toBe(5 * MIB);
  });

  it("grow where the size is not known, up to the largest object of S3", () => {
    const sizes = new PartSizes(S3, 8 * MIB);
    expect(sizes.of(1000)).toBe(8 * MIB);
    expect(sizes.of(1001)).toBe(16 * MIB);
    let total = 0;
    let odd = 0;
    for (let number = 1; number <= S3.maxParts; number++) {
      total += sizes.of(number);
      odd += sizes.of(number) % (8 * MIB);
    }
    expect(odd).toBe(0);
    expect(total).toBeGreaterThan(5 * 1024 * GIB);
    // Files are not joined below 80 GB.
    expect(new PartSizes(FILE, 8 * MIB).of(10_000)).toBe(8 * MIB);
  });

  it("are one where a store takes none", () => {
    const limits = { ...S3, multipart: false, minPartBytes: 1 };
    expect(new PartSizes(limits, 1000, 4500).of(1)).toBe(5000);
  });

  it.each([0, -1, 1.5, Number.NaN, 513 * MIB])("cannot hold a block of %d bytes", (blockSize) => {
    expect(() => new PartSizes(FILE, blockSize)).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("cannot hold a shard of more than the store takes", () => {
    const limits = { ...S3, maxPartBytes: 8 * MIB };
    expect(() => new PartSizes(limits, 8 * MIB, 100 * GIB)).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});
