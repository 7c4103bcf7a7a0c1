import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reshardBytes } from "../../../src/checkpoints/tensors/index.js";
import { recordedReader } from "./partitions.js";

const bytesFrom = (length: number) => Uint8Array.from({ length }, (_, i) => i % 251);

describe("reshardBytes", () => {
  it("cuts the joined shards anew between elements, and reads each byte once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(60), { maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 5 }),
        async (sizes, worldSize, elementSize) => {
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const whole = bytesFrom(total - (total % elementSize));
          let end = 0;
          const shards = sizes.map((size) => {
            end += size;
            return recordedReader([whole.slice(end - size, end)]);
          });
          const parts: Uint8Array[] = [];
          for (let rank = 0; rank < worldSize; rank++) {
            parts.push(await reshardBytes({ shards, rank, worldSize, elementSize }));
          }
          expect(Buffer.concat(parts).equals(whole)).toBe(true);
          const chunk = Math.ceil(whole.length / elementSize / worldSize) * elementSize;
          for (const [rank, { length }] of parts.entries()) {
            expect(length).toBe(Math.max(0, Math.min(chunk, whole.length - rank * chunk)));
          }
          for (const { reads, size } of shards) {
            const read = reads.reduce((sum, { start, end }) => sum + end - start, 0);
            expect(read).toBe(size);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reads at most 32 MiB at a time", async () => {
    const mib = 1024 * 1024;
    const shards = [recordedReader([new Uint8Array(70 * mib)])];
    expect((await reshardBytes({ shards, rank: 1, worldSize: 2 })).length).toBe(35 * mib);
    expect(shards[0]!.reads).toEqual([
      { start: 35 * mib, end: 64 * mib },
      { start: 64 * mib, end: 70 * mib },
    ]);
  });

  it("refuses shards that are no whole number of elements, and ranks that there are not", async () => {
    const shards = [recordedReader([bytesFrom(10)]), recordedReader([bytesFrom(4)])];
    for (const wrong of [
      { elementSize: 4 },
      { elementSize: 0 },
      { elementSize: 1.5 },
      { rank: 2 },
    ]) {
      await expect(
        reshardBytes({ shards, rank: 0, worldSize: 2, elementSize: 2, ...wrong }),
      ).rejects.toMatchObject({ code: "invalid-argument" });
    }
    const signal = AbortSignal.abort();
    await expect(reshardBytes({ shards, rank: 0, worldSize: 2, signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});
