import { mkdtemp, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSealed, SealedWriter, sealedBytes } from "../../../src/cas/cache/sealed-file.js";
import { randomBytes, same } from "../blobs/places.js";

const KIB = 1024;

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestore-sealed-"));
  path = join(folder, "entry");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(bytes: Uint8Array, pieceBytes: number): Promise<void> {
  await writeFile(path, "");
  const file = await SealedWriter.open(path);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    await file.write(bytes.subarray(at, at + pieceBytes));
  }
  await file.seal();
  await file.close();
}

describe("a sealed file", () => {
  it("gives any range, however it was written", async () => {
    const bytes = randomBytes(300 * KIB, 1);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: bytes.length }),
        fc.integer({ min: 1000, max: 200 * KIB }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (size, pieceBytes, a, b) => {
          const [start, end] = [Math.floor(a * size), Math.floor(b * size)].sort((x, y) => x - y);
          const content = bytes.subarray(0, size);
          await write(content, pieceBytes);
          expect((await stat(path)).size).toBe(sealedBytes(size));
          const read = await readSealed(path, size, start!, end!);
          expect(read !== undefined && same(read, content.subarray(start, end))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("tells each flipped bit in what is read, and each other length", async () => {
    const bytes = randomBytes(130 * KIB, 2);
    await write(bytes, 50 * KIB);
    const right = await readFile(path);
    for (let at = 0; at < right.length; at += at < bytes.length ? 4999 : 1) {
      const damaged = Buffer.from(right);
      damaged[at]! ^= 1 << (at % 8);
      await writeFile(path, damaged);
      expect(await readSealed(path, bytes.length, 0, bytes.length), `byte ${at}`).toBeUndefined();
    }
    for (const size of [0, 1, bytes.length, right.length - 1, right.length + 1]) {
      await writeFile(path, right);
      await truncate(path, size);
      expect(await readSealed(path, bytes.length, 0, 10), `${size} bytes`).toBeUndefined();
    }
    // Zeros in place of what never reached the disk.
    await writeFile(path, Buffer.alloc(right.length));
    expect(await readSealed(path, bytes.length, 0, 10)).toBeUndefined();
  });

  it("notes a use once a minute", async () => {
    const bytes = randomBytes(10, 3);
    await write(bytes, 10);
    const at = async (ageMs: number) => {
      const time = new Date(Date.now() - ageMs);
      await utimes(path, time, time);
      await readSealed(path, 10, 0, 10);
      return Date.now() - (await stat(path)).mtimeMs;
    };
    expect(await at(30_000)).toBeGreaterThan(29_000);
    expect(await at(3_600_000)).toBeLessThan(10_000);
  });
});
