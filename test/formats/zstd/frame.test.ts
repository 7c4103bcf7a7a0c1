import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  compressFrame,
  decompressFrame,
  skippableFrame,
  storedFrame,
} from "../../../src/formats/index.js";
import { decompressInWasm } from "../../../src/formats/zstd/wasm-frame.js";

const words = Buffer.from("the same words again and again, ".repeat(20_000));
const samples = [Buffer.alloc(0), Buffer.from("a"), randomBytes(300_000), words];

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

describe("compressFrame and decompressFrame", () => {
  it("give back what was compressed, at every level", async () => {
    for (const level of [1, 3, 19, 22]) {
      for (const sample of samples) {
        const frame = await compressFrame(sample, level);
        expect(same(await decompressFrame(frame, sample.length), sample)).toBe(true);
      }
    }
  });

  it("work at the same time, on views of larger memory", async () => {
    const bytes = randomBytes(3_000_000);
    const parts = Array.from({ length: 20 }, (_, i) => bytes.subarray(i * 1000, i * 150_000));
    const frames = await Promise.all(parts.map((part) => compressFrame(part, 1)));
    const back = await Promise.all(
      frames.map((frame, i) => decompressFrame(frame, parts[i]!.length)),
    );
    expect(back.every((part, i) => same(part, parts[i]!))).toBe(true);
  });

  it("refuse levels that there are not, and frames that are too large", async () => {
    for (const level of [0, 23, 1.5]) {
      await expect(compressFrame(words, level)).rejects.toMatchObject({ code: "invalid-argument" });
    }
    const frame = await compressFrame(words, 1);
    await expect(decompressFrame(frame, 2 ** 30)).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("decompressFrame", () => {
  it("refuses a frame of another size, however large", async () => {
    const bomb = await compressFrame(new Uint8Array(50_000_000), 1);
    expect(bomb.length).toBeLessThan(50_000);
    for (const size of [0, 1, 63, 1000, 5_000_000, 49_999_999, 50_000_001]) {
      await expect(decompressFrame(bomb, size)).rejects.toMatchObject({ code: "corrupt-format" });
    }
  });

  it("refuses what is not one frame of data, whole", async () => {
    const frame = storedFrame(words);
    const skippable = skippableFrame(3, words);
    const wrong = [
      new Uint8Array(0),
      frame.subarray(0, -1),
      frame.subarray(0, 6),
      Buffer.concat([frame, Buffer.of(0)]),
      Buffer.concat([frame, storedFrame(new Uint8Array(0))]),
      Buffer.concat([skippable, frame]),
      skippable,
      words,
    ];
    for (const bytes of wrong) {
      await expect(decompressFrame(bytes, words.length)).rejects.toMatchObject({
        code: "corrupt-format",
      });
    }
  });

  it("answers damage with the bytes' number or corrupt-format", async () => {
    const frame = await compressFrame(words.subarray(0, 5000), 3);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(frame.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const damaged = frame.slice();
          damaged[at]! ^= flip;
          try {
            expect((await decompressFrame(damaged, 5000)).length).toBe(5000);
          } catch (error) {
            expect(isLodeError(error, "corrupt-format")).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("decompressInWasm", () => {
  it("gives the same as Node's decoder, with memory that stays and memory that goes", async () => {
    const large = randomBytes(12_000_000);
    for (const sample of [words, large, words, large.subarray(1, 900_000), Buffer.alloc(0)]) {
      const frame = await compressFrame(sample, 1);
      expect(same(await decompressInWasm(frame, sample.length), sample)).toBe(true);
      if (sample.length === 0) continue;
      await expect(decompressInWasm(frame, sample.length - 1)).rejects.toMatchObject({
        code: "corrupt-format",
      });
    }
  });
});
