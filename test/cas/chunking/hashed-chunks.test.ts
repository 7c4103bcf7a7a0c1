import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chunkLengths,
  type HashedBlob,
  type HashedChunk,
  hashedChunks,
  hashedParts,
} from "../../../src/cas/chunking/index.js";
import { LodeError } from "../../../src/errors.js";
import { bytesOf, randomBytes, segments, split } from "./samples.js";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Collected<C> {
  readonly chunks: readonly (Omit<C, "bytes"> & { readonly bytes: Uint8Array })[];
  readonly blob: HashedBlob;
}

/** Copies chunks as late as may be: when the next ones are about to be asked for. */
async function collect<C extends HashedChunk>(
  source: AsyncGenerator<readonly C[], HashedBlob, undefined>,
): Promise<Collected<C>> {
  const chunks: C[] = [];
  for (;;) {
    const { done, value } = await source.next();
    if (done === true) return { chunks, blob: value };
    await new Promise(setImmediate);
    chunks.push(...value.map((chunk) => ({ ...chunk, bytes: chunk.bytes.slice() })));
  }
}

/** One after the other in the same memory, as sources may do it. */
async function* inOneBuffer(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.max(0, ...pieces.map(({ length }) => length)));
  for (const piece of pieces) {
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
    buffer.fill(0xee);
  }
}

function expectChunks(
  { chunks, blob }: Collected<HashedChunk>,
  bytes: Uint8Array,
  lengths: readonly number[],
): void {
  expect(chunks.map((chunk) => chunk.bytes.length)).toEqual(lengths);
  expect(Buffer.concat(chunks.map((chunk) => chunk.bytes)).equals(bytes)).toBe(true);
  expect(chunks.every((chunk) => chunk.hash === sha256(chunk.bytes))).toBe(true);
  expect(blob).toEqual({ size: bytes.length, sha256: sha256(bytes) });
}

describe("hashedChunks", () => {
  it("gives the same chunks however the bytes come", async () => {
    await fc.assert(
      fc.asyncProperty(segments, fc.array(fc.nat(), { maxLength: 30 }), async (list, positions) => {
        const bytes = bytesOf(list);
        const pieces = split(bytes, positions);
        const lengths = chunkLengths(bytes);
        expectChunks(await collect(hashedChunks(inOneBuffer(pieces))), bytes, lengths);
        expectChunks(await collect(hashedChunks(pieces)), bytes, lengths);
      }),
      { numRuns: 40 },
    );
  });

  it("goes on over blocks", async () => {
    const bytes = randomBytes(5, 5_000_000);
    const pieces = split(bytes, [1, 8127, 524_287, 524_289, 1_000_000, 3_333_333]);
    expectChunks(await collect(hashedChunks(pieces)), bytes, chunkLengths(bytes));
  });

  it("keeps chunkings apart that go on at the same time", async () => {
    const all = [6, 7, 8].map((seed) => randomBytes(seed, 1_500_000 + seed));
    const collected = await Promise.all(all.map((bytes) => collect(hashedChunks([bytes]))));
    for (const [i, bytes] of all.entries()) expectChunks(collected[i]!, bytes, chunkLengths(bytes));
  });

  it("gives no chunk of nothing", async () => {
    const { chunks, blob } = await collect(hashedChunks([]));
    expect(chunks).toEqual([]);
    expect(blob).toEqual({ size: 0, sha256: sha256(new Uint8Array()) });
  });
});

describe("hashedParts", () => {
  it("begins a chunk at each part", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(segments, { maxLength: 6 }), async (lists) => {
        const parts = lists.map(bytesOf);
        const given = parts.map((part, i) =>
          i % 2 === 0 ? part : inOneBuffer(split(part, [i * 999])),
        );
        const collected = await collect(hashedParts(given));
        expectChunks(collected, Buffer.concat(parts), parts.flatMap(chunkLengths));
        const numbers = parts.flatMap((part, i) => chunkLengths(part).map(() => i));
        expect(collected.chunks.map(({ part }) => part)).toEqual(numbers);
      }),
      { numRuns: 30 },
    );
  });

  it("gives a chunk for each of many small parts", async () => {
    const parts = Array.from({ length: 10_000 }, (_, i) => randomBytes(i, 275));
    const collected = await collect(hashedParts(parts));
    expectChunks(collected, Buffer.concat(parts), Array<number>(10_000).fill(275));
  });
});

describe("the end of chunking", () => {
  async function* endless(ended: () => void): AsyncGenerator<Uint8Array> {
    try {
      for (let i = 0; ; i++) yield randomBytes(i, 100_000);
    } finally {
      ended();
    }
  }

  it("ends the source when the chunks are left", async () => {
    let ended = 0;
    for await (const [chunk] of hashedChunks(endless(() => ended++))) {
      expect(chunk?.bytes.length).toBeGreaterThan(8000);
      break;
    }
    expect(ended).toBe(1);
  });

  it("throws what the source throws", async () => {
    const error = new LodeError({ code: "integrity", message: "the source is damaged" });
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield randomBytes(1, 3_000_000);
      throw error;
    }
    await expect(collect(hashedChunks(failing()))).rejects.toBe(error);
  });

  it("is `aborted` between chunks, and while the source is stalled", async () => {
    const controller = new AbortController();
    let ended = 0;
    const { signal } = controller;
    const chunks = hashedChunks(
      endless(() => ended++),
      { signal },
    );
    await chunks.next();
    controller.abort();
    await expect(collect(chunks)).rejects.toMatchObject({ code: "aborted" });
    expect(ended).toBe(1);

    const stalled = new AbortController();
    async function* waiting(): AsyncGenerator<Uint8Array> {
      yield await new Promise<Uint8Array>(() => undefined);
    }
    const waited = collect(hashedChunks(waiting(), { signal: stalled.signal }));
    stalled.abort();
    await expect(waited).rejects.toMatchObject({ code: "aborted" });
  });

  it("is `aborted` if the source is in memory", async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    const pieces = Array<Uint8Array>(100).fill(randomBytes(1, 1_000_000));
    const chunks = hashedChunks(pieces, { signal: controller.signal });
    await expect(collect(chunks)).rejects.toMatchObject({ code: "aborted" });
  });
});
