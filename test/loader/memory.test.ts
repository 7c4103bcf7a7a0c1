import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataLoader } from "../../src/loader/index.js";
import { SlowDataset } from "./slow-dataset.js";

describe("bytes in flight", () => {
  it("stay below the limit, or are those of one batch", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          batchSize: fc.integer({ min: 1, max: 6 }),
          prefetch: fc.nat(6),
          order: fc.constantFrom("stable", "completion"),
          maxBytesInFlight: fc.integer({ min: 1, max: 300 }),
        }),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 50 }),
        fc.nat(1000),
        async (given, sizes, seed) => {
          const byteLength = (index: number) => sizes[index]!;
          const dataset = new SlowDataset(sizes.length, { byteLength, seed });
          const loader = new DataLoader(dataset, given);
          let samples = 0;
          for await (const { items } of loader) samples += items.length;
          expect(samples).toBe(sizes.length);
          const largest = [...sizes].sort((a, b) => b - a).slice(0, given.batchSize);
          const batch = largest.reduce((sum, bytes) => sum + bytes, 0);
          const { peakBytesInFlight, bytes } = loader.stats;
          expect(peakBytesInFlight).toBeLessThanOrEqual(Math.max(given.maxBytesInFlight, batch));
          expect(bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("are corrected by what items really hold, decoded", async () => {
    const dataset = new SlowDataset(200, { byteLength: () => 10 });
    const loader = new DataLoader(dataset, {
      batchSize: 1,
      prefetch: 100,
      maxBytesInFlight: 1000,
      concurrency: 2,
      decode: () => new Uint8Array(100),
    });
    for await (const _ of loader) {
      // Two items are begun before it is known that they hold ten times as much.
      expect(loader.stats.peakBytesInFlight).toBeLessThanOrEqual(1000 + 2 * 90);
    }
    expect(loader.stats.peakBytesInFlight).toBeGreaterThan(800);
    expect(loader.stats.bytes).toBe(2000);
  });

  it("count what collation makes", async () => {
    const dataset = new SlowDataset(4, { byteLength: () => 10 });
    const loader = new DataLoader(dataset, {
      batchSize: 2,
      prefetch: 0,
      collate: () => ({ x: new Uint8Array(500) }),
    });
    for await (const _ of loader);
    expect(loader.stats.peakBytesInFlight).toBe(520);
  });
});
