import { createChunker, finalize, getChunks, nextBlock } from "@huggingface/xetchunk-wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkLengths, MAX_CHUNK } from "../../../src/cas/chunking/index.js";
import {
  bytesOf,
  CUT_WINDOW,
  lines,
  randomBytes,
  referenceLengths,
  segments,
  split,
} from "./samples.js";

const xetLengths = (bytes: Uint8Array): number[] => getChunks(bytes).map(({ length }) => length);

/** As their program cuts it when it gets it in pieces. */
function xetLengthsOf(pieces: readonly Uint8Array[]): number[] {
  const chunker = createChunker();
  const chunks = pieces.flatMap((piece) => nextBlock(chunker, piece));
  const last = finalize(chunker);
  return [...chunks, ...(last === null ? [] : [last])].map(({ length }) => length);
}

describe("cuts", () => {
  it("are every 131,072 bytes of one byte, xet-core's vector", () => {
    const lengths = chunkLengths(new Uint8Array(1_000_000).fill(59));
    expect(lengths).toEqual([...Array<number>(7).fill(MAX_CHUNK), 1_000_000 - 7 * MAX_CHUNK]);
  });

  it.each([0, 1, 63, 64, 8126, 8127, 8128, 8191, 8192, MAX_CHUNK - 1, MAX_CHUNK, MAX_CHUNK + 1])(
    "of %i equal bytes are those of Xet",
    (length) => {
      const bytes = new Uint8Array(length).fill(1);
      expect(chunkLengths(bytes)).toEqual(xetLengths(bytes));
      expect(chunkLengths(bytes)).toHaveLength(Math.ceil(length / MAX_CHUNK));
    },
  );

  it("may be up to 64 bytes below the minimum, as Xet's are", () => {
    const bytes = randomBytes(1, 20_000).fill(17, 8127, 8128);
    expect(chunkLengths(bytes)[0]).toBe(8128);
    expect(xetLengths(bytes)[0]).toBe(8128);
  });

  it.each([
    ["random", randomBytes(2, 3_000_000)],
    ["a table as text", Buffer.from(lines(3, 80_000).join(""))],
    ["numbers", new Uint8Array(Float64Array.from({ length: 300_000 }, (_, i) => i / 7).buffer)],
    ["zeros", new Uint8Array(2_000_000)],
  ])("of %s bytes are those of Xet", (_, bytes) => {
    const lengths = chunkLengths(bytes);
    expect(lengths).toEqual(xetLengths(bytes));
    expect(lengths.length).toBeGreaterThan(bytes.length / MAX_CHUNK);
  });

  it("are found where the hash goes on from one block of memory to the next", () => {
    const block = 512 * 1024;
    for (const before of [1, 2, 31, 32, 33, 62, 63, 64]) {
      const bytes = new Uint8Array(block + 100_000);
      bytes.set(CUT_WINDOW, 20_000);
      bytes.set(CUT_WINDOW, block - before);
      const lengths = chunkLengths(bytes);
      expect(lengths).toEqual(xetLengths(bytes));
      expect(lengths.slice(0, -1).reduce((a, b) => a + b)).toBe(block - before + 64);
    }
  });

  it("are those of the definition and of Xet, in one piece and in many", () => {
    fc.assert(
      fc.property(segments, fc.array(fc.nat(), { maxLength: 20 }), (list, positions) => {
        const bytes = bytesOf(list);
        const lengths = chunkLengths(bytes);
        expect(lengths).toEqual(referenceLengths(bytes));
        expect(lengths).toEqual(xetLengths(bytes));
        expect(lengths).toEqual(xetLengthsOf(split(bytes, positions)));
      }),
      { numRuns: 60 },
    );
  });
});
