import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BlobCache } from "../../../src/cas/index.js";
import { randomBytes, same } from "../blobs/places.js";
import { cacheBytes, cacheFiles } from "./cache-files.js";

const KIB = 1024;
const CAP = 300 * KIB;
const CONTENT = randomBytes(200 * KIB, 1);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestore-cap-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The bytes of an object, which its number determines. */
function bytesOf(object: number, size: number): Uint8Array {
  return CONTENT.subarray(object * 10, object * 10 + size);
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

const object = fc.nat(30);
const size = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 160 * KIB }));
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("add" as const), object, size }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("keep" as const), object, size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("give up" as const), object, size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), object, size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("prune" as const), object, size }) },
);

it("never takes more than its cap, whoever adds to it at the same time", async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(action, { minLength: 1, maxLength: 5 }), { maxLength: 8 }),
      async (rounds) => {
        await rm(folder, { recursive: true, force: true });
        const caches = [0, 1, 2].map(() => new BlobCache("mem://cap", { folder, maxBytes: CAP }));
        const run = async (cache: BlobCache, one: (typeof rounds)[number][number]) => {
          const [key, bytes] = [`o${one.object}`, bytesOf(one.object, one.size)];
          if (one.kind === "add") return cache.add(key, 0, bytes);
          if (one.kind === "drop") return cache.drop(key, { start: 0, end: one.size });
          if (one.kind === "prune") return cache.prune({ maxBytes: one.size });
          for await (const _ of cache.keep(key, bytes.length, inPieces(bytes))) {
            if (one.kind === "give up") break;
          }
        };
        for (const round of rounds) {
          await Promise.all(round.map((one, i) => run(caches[i % 3]!, one)));
          expect(await cacheBytes(folder)).toBeLessThanOrEqual(CAP);
          for (const { path } of await cacheFiles(folder)) expect(path).not.toContain("incoming");
        }
        for (let object = 0; object <= 30; object++) {
          for (const stretch of await caches[0]!.stretches(`o${object}`)) {
            const bytes = await caches[1]!.read(`o${object}`, stretch);
            expect(bytes !== undefined && same(bytes, bytesOf(object, stretch.end))).toBe(true);
            hits++;
          }
        }
      },
    ),
    { numRuns: 40 },
  );
  expect(hits).toBeGreaterThan(20);
});

it("sets room aside for what is still on its way", async () => {
  const cache = new BlobCache("mem://cap", { folder, maxBytes: CAP });
  const bytes = bytesOf(0, 90 * KIB);
  const under = ["a", "b", "c", "d"].map((key) => cache.keep(key, bytes.length, inPieces(bytes)));
  for (const pieces of under) await pieces.next();
  expect(await cacheFiles(folder)).toHaveLength(3);
  for (const pieces of under) for await (const _ of pieces);
  expect((await cache.usage()).entries).toBe(3);
  expect(await cache.stretches("d")).toEqual([]);
  await cache.add("d", 0, bytes);
  expect(await cache.stretches("d")).toEqual([
    expect.objectContaining({ start: 0, end: 90 * KIB }),
  ]);
});

it("counts what it holds again when it does not know", async () => {
  const cache = new BlobCache("mem://cap", { folder, maxBytes: CAP });
  for (let object = 0; object < 8; object++)
    await cache.add(`o${object}`, 0, bytesOf(object, 30 * KIB));
  await rm(join(folder, "usage"));
  for (let object = 8; object < 16; object++) {
    await cache.add(`o${object}`, 0, bytesOf(object, 30 * KIB));
    expect(await cacheBytes(folder)).toBeLessThanOrEqual(CAP);
  }
  expect((await cache.usage()).entries).toBeGreaterThanOrEqual(6);
});
