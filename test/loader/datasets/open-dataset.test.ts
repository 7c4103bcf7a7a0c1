import { describe, expect, it } from "vitest";
import { type DataType, type GenerateOptions, generateObject } from "../../../src/datagen/index.js";
import { decodeExample, type NpyArray, type Sample } from "../../../src/formats/index.js";
import type { Dataset } from "../../../src/loader/dataset.js";
import { datasetAt, openDataset } from "../../../src/loader/datasets/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { folder, itemsOf, joined, memory, PLACES } from "./places.js";

async function generate(store: ObjectStore, type: DataType, ending: string) {
  const samples = { TAR: 5, TFRECORD: 5, NPZ: 5, PARQUET: 5, RAW: undefined }[type as string];
  for (const index of [0, 1]) {
    const options: GenerateOptions = { type, size: 20_000, seed: "s", index, count: 2, samples };
    await store.put(`part-${index}.${ending}`, await joined(generateObject(options).stream()));
  }
}

async function valuesOf(dataset: Dataset<unknown>): Promise<unknown[]> {
  if (dataset.kind === "map") {
    return Promise.all(Array.from({ length: dataset.length }, (_, i) => dataset.get(i)));
  }
  const items = await Promise.all(dataset.shards.map((_, shard) => itemsOf(dataset, shard)));
  return items.flat().map(({ value }) => value);
}

describe.each(Object.entries(PLACES))("generated data sets in a %s", (_name, open) => {
  it.each([
    ["TAR", "tar", "tar", 10],
    ["TFRECORD", "tfrecord", "tfrecord", 10],
    ["NPZ", "npz", "npz", 2],
    ["PARQUET", "parquet", "parquet", 2],
    ["RAW", "bin", "objects", 2],
  ] as const)("%s are known by their ending, and read", async (type, ending, format, count) => {
    const store = await open();
    await generate(store, type, ending);
    const opened = await datasetAt(store, "part-");
    expect(opened).toMatchObject({ format, objects: 2, bytes: 40_000 });
    const values = await valuesOf(opened.dataset);
    expect(values).toHaveLength(count);
    if (type === "TAR") {
      expect([...(values[9] as Sample).fields.keys()]).toEqual(["cls", "bin"]);
    } else if (type === "TFRECORD") {
      expect(decodeExample(values[9] as Uint8Array).has("image")).toBe(true);
    } else if (type === "NPZ") {
      expect((values[1] as { y: NpyArray }).y.shape).toEqual([5]);
    } else if (type === "RAW") {
      expect((values[1] as Uint8Array).length).toBe(20_000);
    }
  });
});

describe("openDataset", () => {
  it("takes a folder, an object, numbers in braces and globs", async () => {
    const disk = await folder();
    await disk.put("a/x-0.jsonl", "1\n");
    await disk.put("a/x-1.jsonl", "2\n3\n");
    await disk.put("a/x-2.ndjson", "4\n");
    await disk.put("a/readme.txt", "text");
    const read = async (place: string) => {
      await using opened = await openDataset(`${disk.uri}/${place}`);
      expect(opened.format).toBe("jsonl");
      return (await valuesOf(opened.dataset)).join("");
    };
    expect(await read("a/")).toBe("1234");
    expect(await read("a/x-1.jsonl")).toBe("23");
    expect(await read("a/x-{0..1}.jsonl")).toBe("123");
    expect(await read("a/*.jsonl")).toBe("123");
    expect(await read("**/x-[12]*")).toBe("234");
  });

  it("is loud about nothing, several formats, and bad URIs", async () => {
    const disk = await folder();
    await disk.put("a.tar", new Uint8Array(1024));
    await disk.put("b.npz", "x");
    const failed = (uri: string, options = {}) => expect(openDataset(uri, options)).rejects;
    await failed(`${disk.uri}/`).toMatchObject({ code: "invalid-argument" });
    await failed(`${disk.uri}/c`).toMatchObject({ code: "not-found" });
    await failed(`${disk.uri}/*.parquet`).toMatchObject({ code: "not-found" });
    await failed(`${disk.uri}/{1..2}.tar`).toMatchObject({ code: "not-found" });
    await failed("nowhere").toMatchObject({ code: "invalid-argument" });
    await using tar = await openDataset(`${disk.uri}/`, { format: "tar" });
    expect(tar).toMatchObject({ format: "tar", objects: 1 });
  });

  it("reads objects of any name by the format that is given", async () => {
    const store = await memory();
    await store.put("lines", "1\n2\n");
    await store.put("{0..1}.jsonl", "5\n");
    const { dataset } = await datasetAt(store, "lines", { format: "jsonl" });
    expect(await valuesOf(dataset)).toEqual([1, 2]);
    // A key that looks like a pattern, when it is listed, is a key.
    const listed = await datasetAt(store, "{", { format: "jsonl" }).catch(() => undefined);
    expect(listed).toBeUndefined();
    const all = await datasetAt(store, "");
    expect(await valuesOf(all.dataset)).toEqual([5]);
  });
});
