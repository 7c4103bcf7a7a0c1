import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyCheckpoint } from "../../../src/checkpoints/housekeeping/index.js";
import type { NamedManifest, ShardMeta } from "../../../src/checkpoints/manifest/index.js";
import { writeShard } from "../../../src/checkpoints/shards/index.js";
import { type ObjectStore, openStore } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { sampleManifest } from "./sample-store.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lode-verify-"));
});
afterAll(() => rm(folder, { recursive: true }));

let stores = 0;
const OPEN = {
  mem: () => openStore(`mem://verify-${++stores}`),
  file: () => openStore(`file://${folder}/${++stores}`),
};

/** Two plain shards of one size, and one that is compressed; blocks of 64 bytes. */
async function save(store: ObjectStore): Promise<NamedManifest> {
  const bytes = [0, 1].map((rank) => Buffer.from(`${rank}`.padEnd(300, "plain shard of a rank ")));
  const shards: ShardMeta[] = [];
  for (const [rank, shard] of bytes.entries()) {
    const target = { rank, key: `shards/ckpt-1-a/rank-${rank}.bin` };
    shards.push(await writeShard(store, target, shard, { blockSize: 64 }));
  }
  const target = { rank: 2, key: "shards/ckpt-1-a/rank-2.bin" };
  const compressible = Buffer.alloc(500, "compressible ");
  shards.push(
    await writeShard(store, target, compressible, { blockSize: 64, compressionLevel: 3 }),
  );
  const { name, manifest } = sampleManifest({ step: 1 });
  return { name, manifest: { ...manifest, worldSize: 3, shards } };
}

async function damaged(store: ObjectStore, key: string, damage: (bytes: Buffer) => Buffer) {
  const before = Buffer.from(await store.bytes(key));
  await store.put(key, damage(Buffer.from(before)));
  return async () => {
    await store.put(key, before);
  };
}

describe.each(["mem", "file"] as const)("verifyCheckpoint, %s", (scheme) => {
  it("finds nothing in a sound one, and tells how far it is", async () => {
    const store = await OPEN[scheme]();
    const saved = await save(store);
    const told: number[] = [];
    const found = await verifyCheckpoint(store, saved, {
      onProgress: (bytes, total) => told.push(bytes / total),
    });
    const bytes = saved.manifest.shards.reduce((sum, { size }) => sum + size, 0);
    expect(found).toEqual({ name: saved.name, damages: [], shards: 3, bytes, unchecked: [] });
    expect(told.at(-1)).toBe(1);
    expect([...told].sort((a, b) => a - b)).toEqual(told);
    expect((await verifyCheckpoint(store, saved, { quick: true })).damages).toEqual([]);
  });

  it("finds one flipped bit anywhere, and names shard and block", async () => {
    const store = await OPEN[scheme]();
    const saved = await save(store);
    for (const { rank, key, size } of saved.manifest.shards) {
      for (let at = 0; at < size; at += scheme === "mem" ? 1 : 37) {
        const restore = await damaged(store, key, (bytes) => {
          bytes[at]! ^= 1 << (at & 7);
          return bytes;
        });
        const { damages } = await verifyCheckpoint(store, saved);
        expect(damages.length, `byte ${at} of ${key}`).toBeGreaterThan(0);
        for (const damage of damages) expect(damage).toMatchObject({ rank, key });
        if (rank !== 2) expect(damages.map(({ offset }) => offset)).toEqual([at - (at % 64)]);
        await restore();
      }
    }
    expect((await verifyCheckpoint(store, saved)).damages).toEqual([]);
  });

  it.each([false, true])("finds what is missing, cut and too long (quick: %s)", async (quick) => {
    const store = await OPEN[scheme]();
    const saved = await save(store);
    const [a, b, c] = saved.manifest.shards.map(({ key }) => key) as [string, string, string];
    await store.delete(a);
    await damaged(store, b, (bytes) => bytes.subarray(0, 299));
    await damaged(store, c, (bytes) => Buffer.concat([bytes, Buffer.of(0)]));
    const { damages } = await verifyCheckpoint(store, saved, { quick });
    expect(new Set(damages.map(({ key }) => key))).toEqual(new Set([a, b, c]));
    expect(damages.map(({ rank }) => rank)).toEqual(damages.map(({ rank }) => rank).sort());
  });

  it("finds shards that are exchanged", async () => {
    const store = await OPEN[scheme]();
    const saved = await save(store);
    const [a, b] = saved.manifest.shards.map(({ key }) => key) as [string, string];
    const bytes = await store.bytes(a);
    await store.copy(b, a);
    await store.put(b, bytes);
    const { damages } = await verifyCheckpoint(store, saved);
    expect(damages.map(({ rank, offset }) => [rank, offset])).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });
});

describe("verifyCheckpoint", () => {
  it.each([false, true])(
    "finds checksums that contradict each other (quick: %s)",
    async (quick) => {
      const store = await OPEN.mem();
      const { name, manifest } = await save(store);
      const [first, ...others] = manifest.shards as [ShardMeta, ...ShardMeta[]];
      const table = Uint32Array.from(first.blocks!.blockCrc32c);
      table[1]! ^= 1;
      const shards = [{ ...first, blocks: { ...first.blocks!, blockCrc32c: table } }, ...others];
      const found = await verifyCheckpoint(
        store,
        { name, manifest: { ...manifest, shards } },
        { quick },
      );
      expect(found.damages.map(({ rank }) => rank)).toEqual([0]);
    },
  );

  it("says which shards have no checksum", async () => {
    const store = await OPEN.mem();
    const { name, manifest } = await save(store);
    const shards = manifest.shards.map(({ blocks: _, ...shard }, rank) =>
      rank === 1 ? { ...shard, checksum: null } : shard,
    );
    const found = await verifyCheckpoint(store, { name, manifest: { ...manifest, shards } });
    expect(found).toMatchObject({ damages: [], unchecked: [1] });
  });

  it("throws what is no damage", async () => {
    const inner = await OPEN.mem();
    const saved = await save(inner);
    const store = inner.with(
      fault({
        script: ({ key }) =>
          key.endsWith("rank-1.bin")
            ? {
                kind: "error",
                when: "before",
                error: { code: "permission-denied", retry: "never" },
              }
            : undefined,
      }),
    );
    for (const quick of [false, true]) {
      await expect(verifyCheckpoint(store, saved, { quick })).rejects.toMatchObject({
        code: "permission-denied",
      });
    }
    const stopped = verifyCheckpoint(inner, saved, { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });
});
