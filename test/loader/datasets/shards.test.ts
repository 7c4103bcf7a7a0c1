import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type JsonValue,
  jsonlChunks,
  loadZstdCompress,
  type Sample,
  sampleMembers,
  tfRecordChunks,
  writeTar,
} from "../../../src/formats/index.js";
import type { StreamDataset } from "../../../src/loader/dataset.js";
import {
  concat,
  jsonlDataset,
  mapDataset,
  type ShardOptions,
  tarDataset,
  tfrecordDataset,
} from "../../../src/loader/datasets/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { bytesOf, digest, folder, itemsOf, joined, memory, watched } from "./places.js";

interface Format {
  readonly ending: string;
  /** A file of items from their sizes. */
  write(sizes: readonly number[]): Promise<Uint8Array>;
  open(store: ObjectStore, options: ShardOptions): Promise<StreamDataset<unknown>>;
  /** Something short that tells an item of this number and size. */
  expected(number: number, size: number): string;
  show(value: unknown): string;
}

const sampleOf = (number: number, size: number): Sample => ({
  key: `d/${number}${"x".repeat(number % 3 === 0 ? 120 : 0)}`,
  fields: new Map([
    ["bin", bytesOf(number, size)],
    ["cls", Buffer.from(String(number % 10))],
  ]),
});
const showSample = (sample: Sample) =>
  `${sample.key} ${[...sample.fields].map(([name, data]) => `${name}=${digest(data)}`).join(" ")}`;

const FORMATS: Readonly<Record<string, Format>> = {
  tar: {
    ending: ".tar",
    write: (sizes) =>
      joined(writeTar(sizes.flatMap((size, i) => sampleMembers(sampleOf(i, size))))),
    open: tarDataset,
    expected: (number, size) => showSample(sampleOf(number, size)),
    show: (value) => showSample(value as Sample),
  },
  tfrecord: {
    ending: ".tfrecord",
    write: (sizes) => joined(tfRecordChunks(sizes.map((size, i) => bytesOf(i, size)))),
    open: tfrecordDataset,
    expected: (number, size) => digest(bytesOf(number, size)),
    show: (value) => digest(value as Uint8Array),
  },
  jsonl: {
    ending: ".jsonl",
    async write(sizes) {
      const values = sizes.map((size, i) => ({ i, text: "ü".repeat(size) }));
      const lines = Buffer.from(await joined(jsonlChunks(values))).toString();
      // A byte order mark, empty lines and CRLF, which are passed over.
      return Buffer.from(`\ufeff\n${lines.replaceAll("\n", "\r\n\n")}`);
    },
    open: jsonlDataset,
    expected: (number, size) => `${number} ${size}`,
    show(value) {
      const { i, text } = value as { i: number; text: string } & JsonValue;
      return `${i} ${text.length}`;
    },
  },
};

const compress = {
  "": (bytes: Uint8Array) => bytes,
  ".gz": (bytes: Uint8Array) => gzipSync(bytes),
  ".zst": async (bytes: Uint8Array) => (await loadZstdCompress())(bytes, 3),
};

describe.each(Object.entries(FORMATS))("%s shards", (_name, format) => {
  it("can be read on from every item, with parts of any size and in any mode", async () => {
    const store = await memory();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(1500), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 4000 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("sequential", "range"),
        fc.constantFrom("", ".gz", ".zst"),
        async (sizes, partSize, maxInflightParts, readerMode, compression) => {
          const shards = `s${format.ending}${compression}`;
          await store.put(shards, await compress[compression](await format.write(sizes)));
          const options = { shards, partSize, maxInflightParts, readerMode } as const;
          const dataset = await format.open(store, options);
          const items = await itemsOf(dataset);
          expect(items.map(({ value }) => format.show(value))).toEqual(
            sizes.map((size, i) => format.expected(i, size)),
          );
          expect(items.map(({ ordinal }) => ordinal)).toEqual(sizes.map((_, i) => i));
          for (const { ordinal, offset, uri } of items) {
            expect(uri).toBe(`${store.uriOf(shards)}#${offset}`);
            const rest = await itemsOf(dataset, 0, { ordinal, offset });
            expect(
              rest.map((item) => [item.ordinal, item.offset, format.show(item.value)]),
            ).toEqual(
              items
                .slice(ordinal)
                .map((item) => [item.ordinal, item.offset, format.show(item.value)]),
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("are told with shard and offset when they are cut off or damaged", async () => {
    const store = await folder();
    const bytes = Buffer.from(await format.write([300, 300, 300]));
    const key = `s${format.ending}`;
    const dataset = await format.open(store, { shards: key });
    await store.put(key, bytes);
    const last = (await itemsOf(dataset)).at(-1)!;
    await store.put(key, bytes.subarray(0, last.offset + 100));
    const message = expect.stringContaining(store.uriOf(key));
    await expect(itemsOf(dataset)).rejects.toMatchObject({ code: "corrupt-format", message });
    bytes[last.offset + 20] = bytes[last.offset + 20]! ^ 0x80;
    await store.put(key, bytes);
    await expect(itemsOf(dataset)).rejects.toMatchObject({
      code: expect.stringMatching(/corrupt-format|integrity/),
      message,
    });
  });

  it.each([".gz", ".zst"] as const)("are told when their %s stream is damaged", async (ending) => {
    const store = await memory();
    const key = `s${format.ending}${ending}`;
    const packed = await compress[ending](await format.write([900, 900]));
    const dataset = await format.open(store, { shards: key });
    for (const bad of [packed.subarray(0, packed.length - 9), bytesOf(1, 300)]) {
      await store.put(key, bad);
      await expect(itemsOf(dataset)).rejects.toMatchObject({ code: "corrupt-format" });
    }
  });

  it("are found by their endings, and nothing is asked of those that are named", async () => {
    const store = await memory();
    const file = await format.write([1]);
    for (const name of ["1", "2"]) await store.put(`p/${name}${format.ending}`, file);
    await store.put("p/readme.txt", "no shard");
    const found = await format.open(store, { prefix: "p/" });
    expect(found.shards).toEqual(
      ["1", "2"].map((name) => store.uriOf(`p/${name}${format.ending}`)),
    );
    const named = await format.open(store, { shards: `p/{1..3}${format.ending}` });
    expect(named.shards).toHaveLength(3);
    await expect(itemsOf(named, 2)).rejects.toMatchObject({ code: "not-found" });
    await expect(itemsOf(named, 3)).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(format.open(store, { prefix: "q/" })).rejects.toMatchObject({ code: "not-found" });
  });

  it("stop when their reader does, or its signal fires", async () => {
    const store = await folder();
    const key = `s${format.ending}`;
    await store.put(key, await format.write(Array.from({ length: 50 }, () => 1000)));
    const dataset = await format.open(store, { shards: key, partSize: 2000 });
    const stop = new AbortController();
    let seen = 0;
    const read = async () => {
      for await (const _ of dataset.open(0, undefined, { signal: stop.signal })) {
        if (++seen === 3) stop.abort();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "aborted" });
    expect(seen).toBeLessThan(50);
    for await (const _ of dataset.open(0)) break;
  });

  it("are one version from front to back", async () => {
    const store = await memory();
    const key = `s${format.ending}`;
    await store.put(key, await format.write([1000, 1000, 1000, 1000]));
    const dataset = await format.open(store, { shards: key, partSize: 500, maxInflightParts: 2 });
    const items = dataset.open(0)[Symbol.asyncIterator]();
    await items.next();
    await store.put(key, await format.write([1001, 1000, 1000, 1000]));
    const rest = async () => {
      while ((await items.next()).done !== true);
    };
    await expect(rest()).rejects.toMatchObject({ code: "precondition-failed" });
  });
});

describe("stream values", () => {
  it("are memory of their own", async () => {
    const store = await memory();
    const sizes = [10, 2000, 10, 10];
    await store.put("s.tar", await FORMATS.tar!.write(sizes));
    await store.put("s.tfrecord", await FORMATS.tfrecord!.write(sizes));
    const options = { partSize: 700, maxInflightParts: 2 };
    const tar = await itemsOf(await tarDataset(store, { shards: "s.tar", ...options }));
    for (const { value, byteLength } of tar) {
      const fields = [...value.fields.values()];
      expect(new Set(fields.map(({ buffer }) => buffer)).size).toBe(2);
      expect(fields.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)).toBe(byteLength);
    }
    const records = await tfrecordDataset(store, { shards: "s.tfrecord", ...options });
    for (const { value } of await itemsOf(records)) {
      // The footer stands behind a record that was put together.
      expect(value.buffer.byteLength).toBeLessThanOrEqual(value.length + 4);
    }
  });

  it("are read in larger parts where requests take long", async () => {
    const MiB = 1024 ** 2;
    const records = Array.from({ length: 10 }, (_, i) => new Uint8Array(MiB).fill(i));
    const plain = await memory();
    await plain.put("s.tfrecord", await joined(tfRecordChunks(records)));
    const slow = fault({
      script: ({ number }) => (number === 1 ? { kind: "delay", ms: 20 } : undefined),
    });
    const { store, requests } = watched(plain.with(slow));
    const dataset = await tfrecordDataset(store, { shards: "s.tfrecord" });
    const items = await itemsOf(dataset);
    expect(items.map(({ value }) => value[MiB - 1])).toEqual(records.map((_, i) => i));
    const sizes = requests.map((one) => Number(one.split(" ")[2]));
    expect(sizes).toEqual([MiB, 3 * MiB, 4 * MiB, 2 * MiB + 160]);
  });

  it("are bounded", async () => {
    const store = await memory();
    await store.put("s.tar", await FORMATS.tar!.write([10, 5000]));
    await store.put("s.tfrecord", await FORMATS.tfrecord!.write([10, 5000]));
    await store.put("s.jsonl", await FORMATS.jsonl!.write([10, 5000]));
    const code = "corrupt-format";
    const tar = await tarDataset(store, { shards: "s.tar", maxSampleBytes: 4000 });
    await expect(itemsOf(tar)).rejects.toMatchObject({
      code,
      message: expect.stringContaining("maxSampleBytes"),
    });
    const records = await tfrecordDataset(store, { shards: "s.tfrecord", maxRecordBytes: 4000 });
    await expect(itemsOf(records)).rejects.toMatchObject({
      code,
      message: expect.stringContaining("maxRecordBytes"),
    });
    const lines = await jsonlDataset(store, { shards: "s.jsonl", maxLineBytes: 4000 });
    await expect(itemsOf(lines)).rejects.toMatchObject({
      code,
      message: expect.stringContaining("maxLineBytes"),
    });
  });

  it("can be changed, and shards joined", async () => {
    const store = await memory();
    await store.put("a.jsonl", "1\n2\n");
    await store.put("b.jsonl", "3\n");
    const a = await jsonlDataset(store, { shards: "a.jsonl" });
    const b = await jsonlDataset(store, { shards: "b.jsonl" });
    const tens = mapDataset(concat([a, b]), (value) => Number(value) * 10);
    expect(tens.shards).toEqual([store.uriOf("a.jsonl"), store.uriOf("b.jsonl")]);
    const values = [...(await itemsOf(tens, 0)), ...(await itemsOf(tens, 1))];
    expect(values.map(({ value }) => value)).toEqual([10, 20, 30]);
  });
});
