import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "@node-rs/crc32";
import { describe, expect, it } from "vitest";
import { CheckpointStore } from "../../src/checkpoints/index.js";
import { content, expectRanks, large, sha256 } from "./s3dlio-content.js";

const GOLDEN = join(import.meta.dirname, "..", "golden", "checkpoints");

describe("checkpoints that s3dlio wrote once", () => {
  const open = (version: string, name: string) =>
    CheckpointStore.open(`file://${join(GOLDEN, `s3dlio-${version}`, name)}`);

  it.each([
    ["0.10.0", "flat", 1],
    ["0.10.0", "flat-zstd", 1],
    ["0.10.0", "flat-ranks", 3],
    ["0.10.0", "round-robin-ranks", 18],
    ["0.10.0", "binary-zstd-ranks", 18],
    ["0.10.0", "s3-flat", 1],
    ["0.10.0", "s3-multipart", 2],
    ["0.10.0", "s3-zstd", 1],
    ["0.9.106", "flat", 1],
    ["0.9.106", "flat-zstd", 1],
    ["0.9.106", "s3-zstd", 1],
  ])("version %s, %s", async (version, name, ranks) => {
    await using store = await open(version, name);
    const latest = await store.loadLatest();
    expect(latest?.step).toBe(ranks > 1 ? 7 : name === "flat" ? 200 : 100);
    await expectRanks(latest!, ranks);
    if (name === "flat") await expectRanks(await store.load(100), 1);
  });

  it("large ones too, where they are whole", async () => {
    await using store = await open("0.10.0", "s3-zstd-large");
    expect(sha256((await (await store.loadLatest())!.readShards())[0]!)).toBe(sha256(large()));
  });

  it("the checksum of its Rust writers, CRC-32 under the name of CRC-32C", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lode-s3dlio-crc-"));
    try {
      await cp(join(GOLDEN, "s3dlio-0.10.0", "flat-zstd"), folder, { recursive: true });
      await using store = await CheckpointStore.open(`file://${folder}`);
      const { name, manifest } = (await store.loadLatest())!;
      const file = join(folder, "manifests", `ckpt-${name.step}-${name.id}.json`);
      const text = await readFile(file, "utf8");
      const withChecksum = async (crc: number) => {
        const checksum = `crc32c:${crc.toString(16).padStart(8, "0")}`;
        await writeFile(file, text.replace(manifest.shards[0]!.checksum!, checksum));
        return (await store.load(100)).readShard(0);
      };
      expect(sha256(await withChecksum(crc32(content(0))))).toBe(sha256(content(0)));
      await expect(withChecksum(crc32(content(1)))).rejects.toMatchObject({ code: "integrity" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("a compressed shard of which only the end was stored is damaged", async () => {
    await using store = await open("0.9.106", "s3-zstd-large");
    const latest = (await store.loadLatest())!;
    const damage = { code: "integrity", message: expect.stringContaining("rank-0.bin.zst") };
    await expect(latest.readShards()).rejects.toMatchObject(damage);
    await expect(latest.readShard(0, { verify: false })).rejects.toMatchObject(damage);
    const stream = async () => {
      for await (const _ of latest.streamShard(0));
    };
    await expect(stream()).rejects.toMatchObject(damage);
    expect(await latest.shard(0).verify()).toMatchObject([{ rank: 0, offset: 0 }]);
  });
});
