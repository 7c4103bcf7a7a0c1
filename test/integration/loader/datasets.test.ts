import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DataType, generateObject } from "../../../src/datagen/index.js";
import type { Sample } from "../../../src/formats/index.js";
import {
  DataLoader,
  datasetAt,
  objectDataset,
  openDataset,
  tarDataset,
  tarIndexDataset,
  tfrecordIndexDataset,
} from "../../../src/loader/index.js";
import { digest, itemsOf, joined } from "../../loader/datasets/places.js";
import { filePlace, type Place, SERVERS } from "../transfer/places.js";

const SAMPLES = 24;
const SHARDS = 3;
/** Larger than one part of a shard. */
const BYTES = 3_000_000;

const ENDINGS = { TAR: "tar", TFRECORD: "tfrecord", NPZ: "npz", PARQUET: "parquet", RAW: "bin" };

const PLACES = Object.entries({ file: filePlace, ...SERVERS });

describe.each(PLACES)("data sets on %s", (_name, open) => {
  let place: Place;

  beforeAll(async () => {
    place = await open();
    for (const [type, ending] of Object.entries(ENDINGS)) {
      for (let index = 0; index < SHARDS; index++) {
        const options = { type: type as DataType, size: BYTES, seed: "s", index, count: SHARDS };
        const samples = type === "RAW" ? {} : { samples: SAMPLES };
        const object = generateObject({ ...options, ...samples });
        await place.store.put(`${ending}/part-${index}.${ending}`, await joined(object.stream()));
      }
    }
    await place.store.put("empty.jsonl", "");
  });

  afterAll(() => place.drop());

  it.each(["tar", "tfrecord", "npz", "parquet", "bin"])(
    "%s: each sample comes once an epoch over ranks, shuffled or not",
    async (ending) => {
      await using opened = await openDataset(`${place.uri}/${ending}/`, {
        store: { env: place.env },
      });
      const { dataset } = opened;
      const count = dataset.kind === "stream" ? SHARDS * SAMPLES : SHARDS;
      for (const shuffle of [false, true]) {
        const seen: string[] = [];
        for (const shardRank of [0, 1]) {
          const options = { batchSize: 5, shuffle, seed: 7, shardRank, shardWorldSize: 2 };
          await using loader = new DataLoader(dataset, options);
          for await (const { uris } of loader) seen.push(...uris);
        }
        expect(seen).toHaveLength(count);
        expect(new Set(seen).size).toBe(count);
      }
    },
  );

  it("reads the same in one request and in ranges, from any item on", async () => {
    const show = ({ fields }: Sample) => [...fields.values()].map(digest).join(" ");
    const seen: string[][] = [];
    for (const options of [
      { readerMode: "sequential" } as const,
      { readerMode: "range" } as const,
      { readerMode: "range", partSize: 700_000, maxInflightParts: 3 } as const,
    ]) {
      const dataset = await tarDataset(place.store, { shards: "tar/part-{0..2}.tar", ...options });
      const items = await itemsOf(dataset, 1);
      const rest = await itemsOf(dataset, 1, items[17]);
      expect(rest.map(({ value }) => show(value))).toEqual(
        items.slice(17).map(({ value }) => show(value)),
      );
      seen.push(items.map(({ value }) => show(value)));
    }
    expect(seen[0]).toHaveLength(SAMPLES);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    const whole = await place.store.bytes("bin/part-1.bin");
    for (const readerMode of ["sequential", "range"] as const) {
      const objects = await objectDataset(place.store, {
        prefix: "bin/",
        readerMode,
        partSize: 700_000,
      });
      expect(digest(await objects.get(1))).toBe(digest(whole));
    }
  });

  it("reads single samples by an index", async () => {
    const stream = await tarDataset(place.store, { prefix: "tar/" });
    const [, item] = await itemsOf(stream, 2);
    const indexed = await tarIndexDataset(place.store, { prefix: "tar/" });
    expect(indexed.length).toBe(SHARDS * SAMPLES);
    const { key, fields } = await indexed.get(2 * SAMPLES + 1);
    expect(key).toBe(item?.value.key);
    expect([...fields].map(([name, data]) => name + digest(data))).toEqual(
      [...(item?.value.fields ?? [])].map(([name, data]) => name + digest(data)),
    );
    const records = await tfrecordIndexDataset(place.store, { prefix: "tfrecord/" });
    expect(records.length).toBe(SHARDS * SAMPLES);
    expect((await records.get(SAMPLES)).length).toBe(records.byteLengthOf(SAMPLES) - 16);
  });

  it("tells an empty shard from a missing one, and a replaced object", async () => {
    const { dataset } = await datasetAt(place.store, "empty.jsonl");
    if (dataset.kind === "map") throw new Error("JSON lines are a stream");
    expect(await itemsOf(dataset)).toEqual([]);
    const missing = await tarDataset(place.store, { shards: "none.tar" });
    await expect(itemsOf(missing)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(place.store.uriOf("none.tar")),
    });
    await place.store.put("changed/a", new Uint8Array(2000));
    const objects = await objectDataset(place.store, {
      prefix: "changed/",
      readerMode: "range",
      partSize: 500,
    });
    await place.store.put("changed/a", new Uint8Array(1500).fill(1));
    expect(digest(await objects.get(0))).toBe(digest(new Uint8Array(1500).fill(1)));
  });
});
