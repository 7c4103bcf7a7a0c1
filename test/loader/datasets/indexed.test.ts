import { describe, expect, it } from "vitest";
import {
  encodeTfRecordIndex,
  sampleMembers,
  type TfRecordEntry,
  tfRecordChunks,
  writeTar,
} from "../../../src/formats/index.js";
import { tarIndexDataset, tfrecordIndexDataset } from "../../../src/loader/datasets/index.js";
import { bytesOf, digest, folder, joined, memory, watched } from "./places.js";

const SIZES = [5, 0, 3000, 17];

describe("tfrecordIndexDataset", () => {
  async function files(form: "text" | "binary") {
    const store = await memory();
    for (const [file, key] of ["a.tfrecord", "b.tfrecord"].entries()) {
      const entries: TfRecordEntry[] = [];
      const records = SIZES.map((size, i) => bytesOf(10 * file + i, size));
      const onRecord = (entry: TfRecordEntry) => void entries.push(entry);
      await store.put(key, await joined(tfRecordChunks(records, { onRecord })));
      await store.put(`${key}.idx`, encodeTfRecordIndex(entries, form));
    }
    return store;
  }

  it.each([
    ["scan", "text"],
    ["files", "text"],
    ["files", "binary"],
  ] as const)("reads single records by %s (%s)", async (index, form) => {
    const { store, requests } = watched(await files(form));
    const dataset = await tfrecordIndexDataset(store, { prefix: "", index });
    expect(dataset.length).toBe(8);
    requests.length = 0;
    for (const item of [7, 0, 1, 6, 2]) {
      const expected = bytesOf(10 * Math.floor(item / 4) + (item % 4), SIZES[item % 4]!);
      expect(digest(await dataset.get(item))).toBe(digest(expected));
      expect(dataset.byteLengthOf(item)).toBe(expected.length + 16);
    }
    expect(requests).toHaveLength(5);
    expect(dataset.uriOf(5)).toBe(`${store.uriOf("b.tfrecord")}#21`);
  });

  it("is loud about damage and about an index of another file", async () => {
    const store = await files("text");
    const bytes = await store.bytes("a.tfrecord");
    const open = (index: "files" | "scan") => tfrecordIndexDataset(store, { prefix: "", index });
    const message = expect.stringContaining(store.uriOf("a.tfrecord"));
    await store.put("a.tfrecord", bytes.subarray(0, bytes.length - 1));
    for (const index of ["files", "scan"] as const) {
      await expect(open(index)).rejects.toMatchObject({ code: "corrupt-format", message });
    }
    bytes[14] = bytes[14]! ^ 1;
    await store.put("a.tfrecord", bytes);
    const dataset = await open("files");
    await expect(dataset.get(0)).rejects.toMatchObject({ code: "integrity", message });
    await store.delete("a.tfrecord.idx");
    await expect(open("files")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("tarIndexDataset", () => {
  const sample = (number: number) => ({
    key: `${number}`,
    fields: new Map([
      ["bin", bytesOf(number, SIZES[number % 4]!)],
      ["cls", Buffer.from(String(number))],
    ]),
  });

  it("reads single samples, each by one request", async () => {
    const { store, requests } = watched(await folder());
    for (const shard of [0, 1]) {
      const members = [0, 1, 2, 3].flatMap((i) => sampleMembers(sample(4 * shard + i)));
      const extra = { name: "__meta__/x.json", data: Buffer.from("{}") };
      await store.put(`${shard}.tar`, await joined(writeTar([extra, ...members])));
    }
    const dataset = await tarIndexDataset(store, { prefix: "" });
    expect(dataset.length).toBe(8);
    requests.length = 0;
    for (const index of [6, 1, 0, 7]) {
      const { key, fields } = await dataset.get(index);
      const expected = sample(index);
      expect(key).toBe(expected.key);
      expect([...fields].map(([name, data]) => [name, digest(data)])).toEqual(
        [...expected.fields].map(([name, data]) => [name, digest(data)]),
      );
      for (const data of fields.values()) expect(data.buffer.byteLength).toBe(data.length);
    }
    expect(requests).toHaveLength(4);
    expect(dataset.byteLengthOf(2)).toBe(3001);
    expect(dataset.uriOf(4)).toBe(`${store.uriOf("1.tar")}#${512 + 512 + 512}`);
  });

  it("names the shard that is damaged", async () => {
    const store = await memory();
    await store.put("a.tar", await joined(writeTar(sampleMembers(sample(2)))));
    const bytes = await store.bytes("a.tar");
    await store.put("a.tar", bytes.subarray(0, 2000));
    await expect(tarIndexDataset(store, { prefix: "" })).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringContaining(store.uriOf("a.tar")),
    });
  });
});
