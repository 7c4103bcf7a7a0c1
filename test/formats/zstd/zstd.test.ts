import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  loadZstdCompress,
  looksLikeZstd,
  skippableFrame,
  storedFrame,
  ZstdDecompressor,
  ZstdFrameScanner,
} from "../../../src/formats/index.js";

const compress = await loadZstdCompress();

async function decompress(chunks: Iterable<Uint8Array>): Promise<Buffer> {
  const decompressor = await ZstdDecompressor.open();
  try {
    const pieces: Uint8Array[] = [];
    for (const chunk of chunks) pieces.push(...decompressor.push(chunk));
    return Buffer.concat(pieces);
  } finally {
    decompressor.close();
  }
}

function* cut(bytes: Uint8Array, step: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

/** Data of every kind of block: raw, run-length, compressed. */
const samples = [
  new Uint8Array(0),
  Buffer.from("a"),
  randomBytes(300_000),
  Buffer.alloc(1_000_000, 7),
  Buffer.from("the same words again and again, ".repeat(20_000)),
];

describe("zstd", () => {
  it("gives back what was compressed, at every level and for every kind of block", async () => {
    for (const level of [1, 3, 9, 19, 22]) {
      for (const sample of samples) {
        const frame = compress(sample, level);
        expect(looksLikeZstd(frame)).toBe(true);
        expect((await decompress([frame])).equals(sample)).toBe(true);
      }
    }
  });

  it("refuses levels that there are not", () => {
    for (const level of [0, 23, 1.5, Number.NaN]) {
      expect(() => compress(Buffer.from("a"), level)).toThrow(/level/);
    }
  });

  it("takes chunks cut anywhere, and frames one after the other", async () => {
    const frames = Buffer.concat(samples.map((sample) => compress(sample, 3)));
    const whole = Buffer.concat(samples);
    for (const step of [997, 65_536, frames.length]) {
      expect((await decompress(cut(frames, step))).equals(whole)).toBe(true);
    }
    const short = compress(samples[4]!, 3);
    expect((await decompress(cut(short, 1))).equals(samples[4]!)).toBe(true);
  });

  it("tells whether the data ended inside a frame", async () => {
    const frame = compress(samples[2]!, 1);
    const decompressor = await ZstdDecompressor.open();
    Array.from(decompressor.push(frame.subarray(0, 1000)));
    expect(decompressor.midFrame).toBe(true);
    Array.from(decompressor.push(frame.subarray(1000)));
    expect(decompressor.midFrame).toBe(false);
    decompressor.close();
    decompressor.close();
  });

  it("is ended by damage with an error, never by silence", async () => {
    const frame = Buffer.from(compress(samples[4]!, 3));
    frame[4] = 0xff;
    await expect(decompress([frame])).rejects.toMatchObject({ code: "corrupt-format" });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
        const forged = Buffer.concat([frame.subarray(0, 4), bytes]);
        try {
          await decompress([forged]);
        } catch (error) {
          expect(isLodeError(error, "corrupt-format")).toBe(true);
        }
      }),
    );
  });
});

describe("storedFrame", () => {
  it("is read back for every size at the borders of its blocks", async () => {
    const bytes = randomBytes(400_000);
    for (const size of [0, 1, 131_071, 131_072, 131_073, 262_144, 400_000]) {
      const frame = storedFrame(bytes.subarray(0, size));
      expect(frame.length).toBeLessThan(size + 25);
      expect((await decompress(cut(frame, 65_537))).equals(bytes.subarray(0, size))).toBe(true);
      const scanner = new ZstdFrameScanner();
      for (const chunk of cut(frame, 1000)) Array.from(scanner.push(chunk));
      expect(scanner.midFrame).toBe(false);
    }
  });
});

describe("ZstdFrameScanner", () => {
  const stream = Buffer.concat([
    compress(samples[4]!, 1),
    skippableFrame(10, Buffer.from("first")),
    skippableFrame(3, Buffer.alloc(0)),
    compress(samples[2]!, 1),
    compress(samples[3]!, 1),
    skippableFrame(10, Buffer.from("second")),
  ]);

  it("tells skippable frames from data wherever the chunks are cut", async () => {
    for (const step of [1, 2, 3, 5, 1000, 65_537, stream.length]) {
      const scanner = new ZstdFrameScanner();
      const skipped: string[] = [];
      const data: Uint8Array[] = [];
      for (const chunk of cut(stream, step)) {
        for (const piece of scanner.push(chunk)) {
          if (piece.kind === "data") data.push(piece.bytes.slice());
          else skipped.push(`${piece.magic.toString(16)} ${Buffer.from(piece.content)}`);
        }
      }
      expect(skipped).toEqual(["184d2a5a first", "184d2a53 ", "184d2a5a second"]);
      expect(scanner.midFrame).toBe(false);
      const whole = Buffer.concat([samples[4]!, samples[2]!, samples[3]!]);
      expect((await decompress([Buffer.concat(data)])).equals(whole)).toBe(true);
    }
  });

  it("knows that a frame has not ended at every place inside one", () => {
    const one = Buffer.concat([
      compress(Buffer.from("abc"), 1),
      skippableFrame(1, Buffer.from("d")),
    ]);
    const ends = [compress(Buffer.from("abc"), 1).length, one.length];
    for (let size = 1; size <= one.length; size++) {
      const scanner = new ZstdFrameScanner();
      Array.from(scanner.push(one.subarray(0, size)));
      expect([size, scanner.midFrame]).toEqual([size, !ends.includes(size)]);
    }
  });

  it("passes over a skippable frame that is too long to be held", () => {
    const scanner = new ZstdFrameScanner();
    const head = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 8]); // 128 MiB
    expect(Array.from(scanner.push(head))).toEqual([]);
    const chunk = new Uint8Array(32 * 1024 * 1024);
    for (let i = 0; i < 4; i++) expect(Array.from(scanner.push(chunk))).toEqual([]);
    expect(scanner.midFrame).toBe(false);
  });

  it("answers any bytes with pieces or corrupt-format", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 40 }),
        (bytes, step) => {
          const scanner = new ZstdFrameScanner();
          try {
            for (const chunk of cut(bytes, step)) Array.from(scanner.push(chunk));
          } catch (error) {
            expect(isLodeError(error, "corrupt-format")).toBe(true);
          }
        },
      ),
    );
  });
});
