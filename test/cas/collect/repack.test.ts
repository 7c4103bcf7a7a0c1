import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BlobStore } from "../../../src/cas/index.js";
import { DAY, Laboratory } from "./laboratory.js";

let laboratory: Laboratory;
beforeEach(async () => {
  laboratory = await Laboratory.open();
});
afterEach(() => laboratory.close());

const KIB = 1024;
const description = { name: "x", type: "bytes", format: "bin" };

/** Stores blobs in one session, so in one pack; each with a ref. */
async function put(blobs: BlobStore, ...contents: Uint8Array[]): Promise<string[]> {
  await using session = await blobs.session();
  const ids: string[] = [];
  for (const content of contents) {
    // Side by side, so that one flush stores them.
    ids.push((await session.put(content, description)).id);
    await session.addRef({ blob: ids.at(-1) ?? "", kind: "runs", owner: "r" });
  }
  await session.confirm();
  return ids;
}

async function drop(id: string): Promise<void> {
  for (const key of laboratory.keys(`refs/${id.slice(0, 2)}/${id}/`)) {
    await laboratory.store.delete(key);
  }
}

/** One pack of which a third is used in the end, by two blobs that share chunks. */
async function prepare(): Promise<{ blobs: BlobStore; used: [string, Uint8Array][] }> {
  const blobs = BlobStore.open(laboratory.store, { chunkAbove: 16 * KIB, clock: laboratory.clock });
  const small = randomBytes(300 * KIB);
  const large = randomBytes(900 * KIB);
  const all = Buffer.concat([small, large]);
  const [allId = ""] = await put(blobs, all);
  const edited = Buffer.concat([small.subarray(0, 200 * KIB), randomBytes(20 * KIB)]);
  const ids = await put(blobs, small, edited);
  await drop(allId);
  const used: [string, Uint8Array][] = [
    [ids[0] ?? "", small],
    [ids[1] ?? "", edited],
  ];
  laboratory.clock.advance(DAY);
  return { blobs, used };
}

describe("repacking", () => {
  it("moves what is used of a pack that is mostly dead, and the pack goes", async () => {
    const { used } = await prepare();
    const before = laboratory.keys("packs/");
    const planned = await laboratory.collect({ dryRun: true });
    const { repacked } = await laboratory.collect();
    expect(repacked.packs).toBe(1);
    expect(planned.repacked).toMatchObject({ packs: 1, bytes: repacked.bytes });
    expect(repacked.writtenBytes).toBeLessThan(repacked.bytes / 2);
    for (let n = 0; n < 4; n++) {
      laboratory.clock.advance(8 * DAY);
      await laboratory.collect();
    }
    const after = laboratory.keys("packs/");
    expect(after).toHaveLength(before.length);
    expect(after.filter((key) => before.includes(key))).toHaveLength(before.length - 1);
    const blobs = BlobStore.open(laboratory.store);
    for (const [id, bytes] of used) {
      expect(Buffer.compare(await blobs.bytes(id), bytes)).toBe(0);
    }
  });

  it("disturbs no reader, also one that had read the recipe before", async () => {
    const { blobs, used } = await prepare();
    const readers = used.map(([id]) => blobs.stream(id));
    const firsts = await Promise.all(readers.map((reader) => reader.next()));
    const pieces = firsts.map(({ value }) => [Buffer.from(value ?? [])]);
    let isOver = false;
    const reading = (async () => {
      while (!isOver) {
        for (const [id, bytes] of used) {
          expect(Buffer.compare(await blobs.bytes(id), bytes)).toBe(0);
        }
      }
    })();
    for (let n = 0; n < 5; n++) {
      laboratory.clock.advance(DAY);
      await laboratory.collect();
    }
    isOver = true;
    await reading;
    for (const [i, reader] of readers.entries()) {
      for await (const piece of reader) pieces[i]?.push(Buffer.from(piece));
      expect(Buffer.compare(Buffer.concat(pieces[i] ?? []), used[i]?.[1] ?? new Uint8Array())).toBe(
        0,
      );
    }
  });

  it("puts small packs together if there are many, once", async () => {
    const used: [string, Uint8Array][] = [];
    const add = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const blobs = BlobStore.open(laboratory.store, {
          chunkAbove: 16 * KIB,
          clock: laboratory.clock,
        });
        const content = randomBytes(100 * KIB);
        const [id = ""] = await put(blobs, content);
        used.push([id, content]);
      }
      laboratory.clock.advance(DAY);
    };
    await add(16);
    expect((await laboratory.collect()).repacked.packs).toBe(0);
    await add(4);
    const planned = await laboratory.collect({ dryRun: true });
    const { repacked } = await laboratory.collect();
    expect(repacked.packs).toBe(20);
    expect(planned.repacked).toMatchObject({ packs: 20, bytes: repacked.bytes });
    for (let n = 0; n < 4; n++) {
      laboratory.clock.advance(8 * DAY);
      expect((await laboratory.collect()).repacked.packs).toBe(0);
    }
    expect(laboratory.keys("packs/")).toHaveLength(1);
    const blobs = BlobStore.open(laboratory.store);
    for (const [id, bytes] of used) {
      expect(Buffer.compare(await blobs.bytes(id), bytes)).toBe(0);
    }
  });

  it("leaves a pack alone that is smaller than its footer", async () => {
    const blobs = BlobStore.open(laboratory.store, {
      chunkAbove: 16 * KIB,
      clock: laboratory.clock,
    });
    await put(blobs, new Uint8Array(300 * KIB));
    laboratory.clock.advance(DAY);
    expect((await laboratory.collect()).repacked.packs).toBe(0);
  });

  it("leaves packs alone when it is told to", async () => {
    await prepare();
    await laboratory.collect({ repack: false });
    expect((await laboratory.collect({ repack: false })).repacked.packs).toBe(0);
  });
});

describe("the index of packs", () => {
  it("forgets packs that are gone, and many small objects become one", async () => {
    const clock = laboratory.clock;
    const contents = Array.from({ length: 20 }, () => randomBytes(400 * KIB));
    const ids: string[] = [];
    for (const content of contents) {
      const blobs = BlobStore.open(laboratory.store, { chunkAbove: 16 * KIB, clock });
      ids.push(...(await put(blobs, content)));
    }
    expect(laboratory.keys("index/")).toHaveLength(20);
    await laboratory.collect({ repack: false });
    expect(laboratory.keys("index/")).toHaveLength(1);
    for (const id of ids.slice(1)) await drop(id);
    for (let n = 0; n < 3; n++) await laboratory.collect();
    expect(laboratory.keys("packs/")).toHaveLength(1);

    const blobs = BlobStore.open(laboratory.store, { chunkAbove: 16 * KIB, clock });
    await using session = await blobs.session();
    const first = contents[0] ?? new Uint8Array();
    const again = Buffer.concat([first, randomBytes(100)]);
    const stored = await session.put(again, description);
    expect(stored.reusedBytes).toBeGreaterThan(0);
    expect(stored.newBytes).toBeLessThan(again.length);
    const gone = await session.put(contents[1] ?? new Uint8Array(), description);
    expect(gone.reusedChunks).toBe(0);
    expect(Buffer.compare(await blobs.bytes(gone.id), contents[1] ?? new Uint8Array())).toBe(0);
  });
});
