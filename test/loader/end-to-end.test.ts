import { afterAll, afterEach, describe, expect, it } from "vitest";
import { encodeNpy, type NpyArray, type Sample, writeTar } from "../../src/formats/index.js";
import {
  DataLoader,
  type DataLoaderOptions,
  type Stacked,
  stack,
  tarDataset,
  workerDecode,
} from "../../src/loader/index.js";
import { type ObjectStore, openStore } from "../../src/storage/index.js";

type Decoded = { key: string; x: NpyArray & { dtype: "f4" }; label: number };
type Fields = Stacked<Decoded>;
type Options = Partial<DataLoaderOptions<Sample, Decoded, Fields>>;

const SHARDS = [7, 12, 1, 9, 11];
const module = new URL("./tar-sample-decoder.mjs", import.meta.url);
/** One for all loaders, which start threads of their own for a module. */
const pool = workerDecode<Sample, Decoded>({ module, workers: 2 });
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

afterAll(() => pool.close());

const keyOf = (shard: number, sample: number) => `s${shard}-${sample}`;
const ALL = SHARDS.flatMap((length, shard) =>
  Array.from({ length }, (_, sample) => keyOf(shard, sample)),
).sort();

/** Element `i` of sample `k` of shard `s` is `1000 s + 16 k + i`. */
function pixels(key: string): Float32Array {
  const [shard, sample] = key.slice(1).split("-").map(Number) as [number, number];
  return Float32Array.from({ length: 16 }, (_, i) => 1000 * shard + 16 * sample + i);
}

async function shardsIn(store: ObjectStore, badClass?: string): Promise<void> {
  for (const [shard, length] of SHARDS.entries()) {
    const members = Array.from({ length }, (_, sample) => {
      const key = keyOf(shard, sample);
      const array: NpyArray = {
        dtype: "f4",
        shape: [4, 4],
        fortranOrder: false,
        data: pixels(key),
      };
      const label = key === badClass ? "cat" : String(sample);
      return [
        { name: `${key}.npy`, data: Buffer.concat(encodeNpy(array)) },
        { name: `${key}.cls`, data: Buffer.from(label) },
      ];
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of writeTar(members.flat())) chunks.push(chunk.slice());
    await store.put(`shard-${shard}.tar`, Buffer.concat(chunks));
  }
}

async function loaderOf(store: ObjectStore, options: Options = {}) {
  const dataset = await tarDataset(store, { prefix: "" });
  const loader = new DataLoader<Sample, Decoded, Fields>(dataset, {
    batchSize: 6,
    decode: pool.decode,
    collate: stack,
    ...options,
  });
  open.push(loader);
  return loader;
}

async function keysOf(loader: AsyncIterable<{ fields: Fields }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { fields } of loader) keys.push(...fields.key);
  return keys;
}

async function storeNamed(name: string): Promise<ObjectStore> {
  const store = await openStore(`mem://end-to-end-${name}`);
  open.push(store);
  return store;
}

describe("tar shards through worker threads into stacked batches", () => {
  it("gives each sample once over the ranks, whole, in every epoch", async () => {
    const store = await storeNamed("ranks");
    await shardsIn(store);
    for (const shardWorldSize of [1, 2, 7]) {
      const keys: string[] = [];
      for (let shardRank = 0; shardRank < shardWorldSize; shardRank++) {
        const loader = await loaderOf(store, { shuffle: true, seed: 4, shardRank, shardWorldSize });
        for await (const { items, fields, uris } of loader) {
          expect(fields.x).toMatchObject({ dtype: "f4", shape: [items.length, 4, 4] });
          for (const [i, key] of fields.key.entries()) {
            expect(fields.x.data.subarray(16 * i, 16 * (i + 1))).toEqual(pixels(key));
            expect(fields.label.data[i]).toBe(Number(key.split("-")[1]));
            expect(uris[i]).toContain(`shard-${key[1]}.tar#`);
          }
          keys.push(...fields.key);
        }
      }
      expect(keys.sort()).toEqual(ALL);
    }
  });

  it.each(["stable", "completion"] as const)(
    "goes on from a saved state with the rest (%s)",
    async (order) => {
      const store = await storeNamed(order);
      await shardsIn(store);
      const options: Options = { shuffle: true, seed: 9, shuffleBuffer: 8, openShards: 2, order };
      const whole = await keysOf(await loaderOf(store, options));
      for (const batches of [1, 3, 6]) {
        const first = await loaderOf(store, options);
        const seen: string[] = [];
        const iterator = first[Symbol.asyncIterator]();
        for (let taken = 0; taken < batches; taken++) {
          const { value } = await iterator.next();
          seen.push(...value.fields.key);
        }
        const state: unknown = JSON.parse(JSON.stringify(first.stateDict()));
        await first.close();
        const second = await loaderOf(store, options);
        second.loadStateDict(state);
        const both = [...seen, ...(await keysOf(second))];
        if (order === "stable") expect(both).toEqual(whole);
        expect(both.sort()).toEqual(ALL);
      }
    },
  );

  it("ends loudly with the item that cannot be decoded, or leaves it out and says so", async () => {
    const store = await storeNamed("bad");
    await shardsIn(store, "s1-4");
    const failing = await loaderOf(store, { decode: { module }, workers: 1 });
    await expect(keysOf(failing)).rejects.toMatchObject({
      message: expect.stringMatching(/item 4 .*shard-1\.tar#.*the class is no number/),
    });
    const skipped: number[] = [];
    const skipping = await loaderOf(store, {
      onError: "skip",
      onSkip: ({ index }) => skipped.push(index),
    });
    expect((await keysOf(skipping)).sort()).toEqual(ALL.filter((key) => key !== "s1-4"));
    expect(skipped).toEqual([4]);
  });

  it("ends loudly with a shard that is cut off", async () => {
    const store = await storeNamed("cut");
    await shardsIn(store);
    const bytes = await store.bytes("shard-3.tar");
    await store.put("shard-3.tar", bytes.subarray(0, 5000));
    await expect(keysOf(await loaderOf(store))).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringMatching(/shard-3\.tar cannot be read on from item/),
    });
  });
});
