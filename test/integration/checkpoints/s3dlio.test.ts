import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../../src/checkpoints/index.js";
import { type ObjectStore, type OpenOptions, openStore } from "../../../src/storage/index.js";
import { content, expectRanks, large, sha256 } from "../../checkpoints/s3dlio-content.js";
import { hasPython, runPython } from "../../programs/run-python.js";
import { S3_SERVERS } from "../s3/s3-servers.js";

/** Sets the environment before s3dlio looks at it. */
const IN_PLACE = `
import hashlib, json, os, sys
uri, env = sys.argv[1], json.loads(sys.argv[2])
os.environ.update(env)
import s3dlio

def content(rank, size=None):
    return bytes((7 * i + 31 * rank) & 255 for i in range(size or 1000 + rank))

def place(name):
    if uri.startswith("file://"):
        os.makedirs(f"{uri[7:]}/{name}", exist_ok=True)
    return f"{uri}/{name}"
`;

/** One rank, and three of which the second streams; every strategy, plain and compressed. */
const WRITE = `${IN_PLACE}
large = b"".join(b"%d," % (i * 7919 % 100003) for i in range(50_000))
for strategy in ("flat", "round_robin", "binary"):
    for level in (None, 3):
        options = {"strategy": strategy, "compression_level": level}
        store = s3dlio.PyCheckpointStore(place(f"{strategy}-{level}"), **options)
        store.save(1, 0, "torch", large)
        metas = []
        for rank in range(3):
            writer = store.writer(3, rank)
            if rank == 1:
                stream = writer.get_distributed_shard_stream(2, 4, "jax")
                for begin in range(0, 1001, 300):
                    stream.write_chunk(content(rank)[begin : begin + 300])
                metas.append(stream.finalize())
            else:
                metas.append(writer.save_distributed_shard(2, 4, "jax", content(rank)))
        store.writer(3, 0).finalize_distributed_checkpoint(2, 4, "jax", metas)
`;

/** What s3dlio finds in each store: the latest one's ranks by hash, and the list. */
const READ = `${IN_PLACE}
found = {}
for name in sys.argv[3:]:
    store = s3dlio.PyCheckpointStore(f"{uri}/{name}")
    reader = store.reader()
    manifest = reader.load_latest_manifest()
    ranks = [reader.read_shard_by_rank(manifest, s["rank"]) for s in manifest["shards"]]
    if len(ranks) == 1:
        assert bytes(store.load_latest()) == bytes(ranks[0])
    found[name] = {
        "step": manifest["global_step"],
        "framework": manifest["framework"],
        "ranks": [hashlib.sha256(bytes(r)).hexdigest() for r in ranks],
        "checksums": all(s["checksum"].startswith("crc32c:") for s in manifest["shards"]),
        "list": [(c.step, c.timestamp, c.status) for c in store.list_checkpoints()],
    }
print(json.dumps(found))
`;

interface Found {
  readonly step: number;
  readonly framework: string;
  readonly ranks: readonly string[];
  readonly checksums: boolean;
  readonly list: readonly (readonly [step: number, id: string, status: string])[];
}

const LAYOUTS = [
  ["flat", undefined],
  ["flat", 3],
  ["round-robin", 22],
  ["binary", 1],
] as const;

const LOCATIONS = [
  { name: "files", server: undefined },
  ...S3_SERVERS.map((server) => ({ name: server.name, server })),
];

describe.skipIf(!hasPython).each(LOCATIONS)("s3dlio and checkpoints on $name", ({ server }) => {
  describe.skipIf(server !== undefined && server.url === undefined)("started", () => {
    let uri: string;
    let options: OpenOptions;
    let environment: string;
    let dispose: () => Promise<void>;
    const open = (name: string, more: Parameters<typeof CheckpointStore.open>[1] = {}) =>
      CheckpointStore.open(`${uri}/${name}`, { ...options, ...more });
    const read = async (...names: string[]): Promise<Readonly<Record<string, Found>>> =>
      JSON.parse(await runPython(READ, uri, environment, ...names));

    beforeAll(async () => {
      if (server === undefined) {
        const folder = await mkdtemp(join(tmpdir(), "lode-s3dlio-"));
        [uri, options, environment] = [`file://${folder}`, {}, "{}"];
        dispose = () => rm(folder, { recursive: true });
        return;
      }
      const { url, accessKeyId, secretAccessKey } = server;
      uri = `s3://lode-s3dlio-${randomUUID().slice(0, 8)}`;
      options = { s3: { endpoint: url, credentials: { accessKeyId, secretAccessKey } }, env: {} };
      environment = JSON.stringify({
        AWS_ENDPOINT_URL: url,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_REGION: "us-east-1",
      });
      const bucket = await openStore(uri, options);
      await bucket.createContainer();
      dispose = () => drop(bucket);
    });
    afterAll(() => dispose?.());

    it("what it writes is read here", async () => {
      await runPython(WRITE, uri, environment);
      for (const strategy of ["flat", "round_robin", "binary"]) {
        for (const level of ["None", "3"]) {
          await using store = await open(`${strategy}-${level}`);
          const latest = (await store.loadLatest())!;
          expect(latest.manifest).toMatchObject({ framework: "jax", epoch: 4, userMeta: null });
          expect(latest.manifest.shards.every(({ key }) => key.endsWith(".zst"))).toBe(
            level === "3",
          );
          await expectRanks(latest, 3);
          const [shard] = await (await store.load(1)).readShards();
          expect(sha256(shard!)).toBe(sha256(large()));
        }
      }
    });

    it("what is written here is read by it, whatever the layout and compression", async () => {
      const written = new Map<string, readonly Uint8Array[]>();
      for (const [strategy, compressionLevel] of LAYOUTS) {
        const name = `ours-${strategy}-${compressionLevel}`;
        await using store = await open(name, { strategy, compressionLevel, blockSize: 2 ** 16 });
        const one = [large()];
        const facts = { step: 1, framework: "torch", metrics: { loss: 0.5 } };
        const { manifest } = await store.save({ ...facts, shards: one });
        expect(manifest.shards[0]!.key.endsWith(".zst")).toBe(compressionLevel !== undefined);
        // Four frames, where there are any.
        expect(manifest.shards[0]!.blocks?.blockCrc32c.length).toBe(
          Math.ceil(one[0]!.length / 2 ** 16),
        );
        written.set(name, one);
        const ranks = [content(0), large(), new Uint8Array(0)];
        const id = "run-7.a";
        await using many = await open(`${name}-ranks`, { strategy, compressionLevel });
        const writers = ranks.map((_, rank) =>
          many.writer({ step: 3, framework: "torch", rank, worldSize: ranks.length, id }),
        );
        await Promise.all(
          writers.map(async (writer, rank) => {
            await writer.write(ranks[rank]!);
            await writer.finalize({ timeoutMs: 30_000 });
          }),
        );
        written.set(`${name}-ranks`, ranks);
      }
      const found = await read(...written.keys());
      for (const [name, shards] of written) {
        const isSolo = shards.length === 1;
        expect(found[name], name).toMatchObject({
          step: isSolo ? 1 : 3,
          framework: "torch",
          ranks: shards.map(sha256),
          checksums: true,
          list: [[isSolo ? 1 : 3, isSolo ? expect.any(String) : "run-7.a", "complete"]],
        });
      }
    });

    it("both go on in one store", async () => {
      const save = (step: number) =>
        runPython(
          `${IN_PLACE}
step = int(sys.argv[3])
s3dlio.PyCheckpointStore(place("shared")).save(step, 0, "torch", content(step))
`,
          uri,
          environment,
          String(step),
        );
      await save(10);
      await using store = await open("shared");
      const saved = await store.save({ step: 20, shards: [content(20)], tags: ["best"] });
      expect((await store.loadLatest())?.toString()).toBe(saved.toString());
      const { shared } = await read("shared");
      expect(shared).toMatchObject({ step: 20, ranks: [sha256(content(20))] });
      expect(shared?.list.map(([step]) => step)).toEqual([10, 20]);
      await save(30);
      expect((await store.loadLatest())?.step).toBe(30);
      expect(sha256((await (await store.load(10)).readShards())[0]!)).toBe(sha256(content(10)));
    });

    it("it refuses a shard of ours that was damaged", async () => {
      await using store = await open("damaged");
      const { manifest } = await store.save({ step: 1, shards: [content(0)] });
      await store.store.put(manifest.shards[0]!.key, content(1, 1000));
      await expect(read("damaged")).rejects.toThrow(/Integrity validation failed/);
      await expect((await store.load(1)).readShards()).rejects.toMatchObject({ code: "integrity" });
    });
  });
});

async function drop(bucket: ObjectStore): Promise<void> {
  const keys = async function* () {
    for await (const { key } of bucket.list()) yield key;
  };
  for await (const _ of bucket.deleteMany(keys()));
  await bucket.deleteContainer();
  await bucket.close();
}
