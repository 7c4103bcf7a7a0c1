import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashedChunks, MAX_CHUNK } from "../../../src/cas/chunking/index.js";
import { lines, randomBytes } from "./samples.js";

async function hashesOf(bytes: Uint8Array): Promise<string[]> {
  const hashes: string[] = [];
  for await (const chunks of hashedChunks([bytes])) hashes.push(...chunks.map(({ hash }) => hash));
  return hashes;
}

/** Chunks that the store did not have before. */
async function newChunks(before: Uint8Array, after: Uint8Array): Promise<number> {
  const known = new Set(await hashesOf(before));
  return (await hashesOf(after)).filter((hash) => !known.has(hash)).length;
}

const RANDOM = randomBytes(11, 3_000_000);
const TABLE = Buffer.from(lines(12, 120_000).join(""));
const place = fc.double({ min: 0, max: 1, noNaN: true });

/**
 * Behind an edit the cuts fall into step again at one that both have: mostly within a chunk or two, seldom later, where
 * chunks are forced to end at the maximum.
 */
const NEW_PER_EDIT = 8;

describe.each([
  ["random bytes", RANDOM],
  ["a table as text", TABLE],
])("new chunks of %s", (_, bytes) => {
  const at = (fraction: number): number => Math.floor(fraction * bytes.length);

  it("are a few for an insertion", async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.uint8Array({ minLength: 1, maxLength: 40 }), async (p, piece) => {
        const after = Buffer.concat([bytes.subarray(0, at(p)), piece, bytes.subarray(at(p))]);
        expect(await newChunks(bytes, after)).toBeLessThanOrEqual(NEW_PER_EDIT);
      }),
      { numRuns: 15 },
    );
  });

  it("are a few for a deletion", async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 100_000 }), async (p, length) => {
        const after = Buffer.concat([bytes.subarray(0, at(p)), bytes.subarray(at(p) + length)]);
        expect(await newChunks(bytes, after)).toBeLessThanOrEqual(NEW_PER_EDIT);
      }),
      { numRuns: 15 },
    );
  });

  it("are a few for a piece that is moved", async () => {
    await fc.assert(
      fc.asyncProperty(place, place, place, async (p, q, r) => {
        const [a, b, c] = [at(p), at(q), at(r)].sort((x, y) => x - y) as [number, number, number];
        const [head, first, second, tail] = [
          bytes.subarray(0, a),
          bytes.subarray(a, b),
          bytes.subarray(b, c),
          bytes.subarray(c),
        ] as const;
        const after = Buffer.concat([head, second, first, tail]);
        expect(await newChunks(bytes, after)).toBeLessThanOrEqual(2 * NEW_PER_EDIT);
      }),
      { numRuns: 15 },
    );
  });
});

it("are two at most for 17 bytes in the middle of a large chunk", async () => {
  const bytes = randomBytes(13, 8 * MAX_CHUNK);
  const after = Buffer.concat([
    bytes.subarray(0, 400_000),
    Buffer.alloc(17, 1),
    bytes.subarray(400_000),
  ]);
  expect(await newChunks(bytes, after)).toBeLessThanOrEqual(2);
});
