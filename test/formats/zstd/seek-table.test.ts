import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  bytesReader,
  type RangeReader,
  readSeekTable,
  seekTable,
  skippableFrame,
  type ZstdFrameSize,
} from "../../../src/formats/index.js";

const frameSizes = fc.array(
  fc.record({ compressed: fc.integer({ min: 8, max: 60 }), decompressed: fc.nat(0xffffffff) }),
  { maxLength: 300 },
);

/** A file of that many frames; what is in them is not looked at. */
function file(frames: readonly ZstdFrameSize[], table = seekTable(frames)): Uint8Array {
  const dataBytes = frames.reduce((sum, { compressed }) => sum + compressed, 0);
  return Buffer.concat([Buffer.alloc(dataBytes, 1), table]);
}

/** The same table with a checksum behind every entry. */
function withChecksums(frames: readonly ZstdFrameSize[]): Uint8Array {
  const content = Buffer.alloc(12 * frames.length + 9);
  frames.forEach(({ compressed, decompressed }, i) => {
    content.writeUInt32LE(compressed, 12 * i);
    content.writeUInt32LE(decompressed, 12 * i + 4);
    content.writeUInt32LE(0xdeadbeef, 12 * i + 8);
  });
  content.writeUInt32LE(frames.length, 12 * frames.length);
  content.writeUInt8(0x83, 12 * frames.length + 4);
  content.writeUInt32LE(0x8f92eab1, 12 * frames.length + 5);
  return skippableFrame(14, content);
}

describe("seek tables", () => {
  it("tell the frames that they were made of, with checksums and without", async () => {
    await fc.assert(
      fc.asyncProperty(frameSizes, async (frames) => {
        expect(await readSeekTable(bytesReader(file(frames)))).toEqual(frames);
        const checked = file(frames, withChecksums(frames));
        expect(await readSeekTable(bytesReader(checked))).toEqual(frames);
      }),
    );
  });

  it("are read at once where they are short, in two reads where not, and nothing else is", async () => {
    const reads: [number, number][] = [];
    const counting = (bytes: Uint8Array): RangeReader => ({
      size: bytes.length,
      read: async (start, end) => {
        reads.push([start, end]);
        return bytes.subarray(start, end);
      },
    });
    const frames = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ compressed: 8 + (i % 5), decompressed: i }));
    expect(await readSeekTable(counting(file(frames(3000))))).toEqual(frames(3000));
    expect(reads.length).toBe(1);
    const long = file(frames(30_000));
    expect(await readSeekTable(counting(long))).toEqual(frames(30_000));
    expect(reads.slice(2)).toEqual([[long.length - 8 * 30_000 - 17, long.length]]);
  });

  it("are absent from files that do not end in one", async () => {
    for (const bytes of [new Uint8Array(0), randomBytes(16), new Uint8Array(1000)]) {
      expect(await readSeekTable(bytesReader(bytes))).toBeUndefined();
    }
    const whole = file([{ compressed: 20, decompressed: 5 }]);
    expect(await readSeekTable(bytesReader(whole.subarray(0, -1)))).toBeUndefined();
  });

  it("are refused where they do not fit the file", async () => {
    const frames = [
      { compressed: 20, decompressed: 5 },
      { compressed: 30, decompressed: 7 },
    ];
    const good = file(frames);
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = Uint8Array.from(good);
      new DataView(bytes.buffer).setUint32(bytes.length + at, value, true);
      return bytes;
    };
    const wrong = [
      good.subarray(1),
      Buffer.concat([Buffer.of(0), good]),
      changed(-9, 1),
      changed(-9, 3),
      changed(-9, 0xffffffff),
      changed(-25, 19),
      changed(-25, 0),
      changed(-29, 24),
      changed(-33, 0x184d2a5d),
    ];
    for (const bytes of wrong) {
      await expect(readSeekTable(bytesReader(bytes))).rejects.toMatchObject({
        code: "corrupt-format",
      });
    }
    const reserved = Uint8Array.from(good);
    reserved[reserved.length - 5] = 4;
    await expect(readSeekTable(bytesReader(reserved))).rejects.toThrow(/reserved/);
  });

  it("answer any damage with frames that fill the file, nothing, or corrupt-format", async () => {
    await fc.assert(
      fc.asyncProperty(
        frameSizes,
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 }),
        async (frames, flips) => {
          const bytes = Buffer.from(file(frames));
          for (const [back, flip] of flips) {
            if (back < bytes.length) bytes[bytes.length - 1 - back]! ^= flip;
          }
          try {
            const read = await readSeekTable(bytesReader(bytes));
            const total = read?.reduce((sum, { compressed }) => sum + compressed, 0);
            if (total !== undefined) expect(total).toBeLessThanOrEqual(bytes.length - 17);
          } catch (error) {
            expect(isLodeError(error, "corrupt-format")).toBe(true);
          }
        },
      ),
    );
  });

  it("refuse frames that the format has no room for", () => {
    for (const size of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => seekTable([{ compressed: size, decompressed: 1 }])).toThrow(/frame 0/);
      expect(() => seekTable([{ compressed: 9, decompressed: size }])).toThrow(/frame 0/);
    }
  });
});
