import { describe, expect, it } from "vitest";
import {
  type NpzMember,
  npzChunks,
  type ParquetGroup,
  parquetChunks,
} from "../../../src/formats/index.js";
import { npzDataset, parquetDataset } from "../../../src/loader/datasets/index.js";
import { joined, memory, watched } from "./places.js";

const x: NpzMember = {
  name: "x",
  dtype: "f4",
  shape: [3, 2],
  data: Float32Array.from([1, 2, 3, 4, 5, 6]),
};
const y: NpzMember = { name: "y", dtype: "i4", shape: [3], data: Int32Array.from([7, 8, 9]) };

async function npz() {
  const store = await memory();
  await store.put("a.npz", await joined(npzChunks([x, y])));
  await store.put("b.npz", await joined(npzChunks([x, y], { compression: "deflate" })));
  return store;
}

describe("npzDataset", () => {
  it.each(["sequential", "range"] as const)("reads files as items, %s", async (readerMode) => {
    const store = await npz();
    const dataset = await npzDataset(store, { prefix: "", readerMode, partSize: 100 });
    expect(dataset.length).toBe(2);
    expect(dataset.uriOf(1)).toBe(store.uriOf("b.npz"));
    for (const index of [0, 1]) {
      const item = await dataset.get(index);
      expect(Object.keys(item)).toEqual(["x", "y"]);
      expect(item.x).toMatchObject({ dtype: "f4", shape: [3, 2], data: x.data });
      expect(item.y).toMatchObject({ dtype: "i4", shape: [3], data: y.data });
    }
  });

  it("reads some arrays of a file, and no other bytes", async () => {
    const { store, requests } = watched(await npz());
    const big: NpzMember = {
      name: "big",
      dtype: "u1",
      shape: [200_000],
      data: new Uint8Array(2e5),
    };
    await store.put("a.npz", await joined(npzChunks([big, y])));
    const dataset = await npzDataset(store, { keys: "a.npz", arrays: ["y"] });
    requests.length = 0;
    expect(Object.keys(await dataset.get(0))).toEqual(["y"]);
    const read = requests.reduce((sum, one) => sum + Number(one.split(" ")[2]), 0);
    expect(read).toBeLessThan(100_000);
    const none = await npzDataset(store, { keys: "a.npz", arrays: ["z"] });
    await expect(none.get(0)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(store.uriOf("a.npz")),
    });
  });

  it("reads rows as items over files", async () => {
    const store = await npz();
    await store.put("b.npz", await joined(npzChunks([x, y])));
    const dataset = await npzDataset(store, { prefix: "", items: "rows" });
    expect(dataset.length).toBe(6);
    expect(dataset.byteLengthOf(0)).toBe(12);
    expect(dataset.uriOf(4)).toBe(`${store.uriOf("b.npz")}#1`);
    const item = await dataset.get(4);
    expect(item.x).toMatchObject({ shape: [2], data: Float32Array.from([3, 4]) });
    expect(item.y).toMatchObject({ shape: [], data: Int32Array.from([8]) });
  });

  it("refuses rows that cannot be, and damaged files", async () => {
    const store = await npz();
    const rows = (keys: string, arrays?: string[]) =>
      expect(npzDataset(store, { keys, items: "rows", arrays })).rejects;
    await rows("b.npz").toMatchObject({ code: "unsupported" });
    const odd: NpzMember = { name: "z", dtype: "u1", shape: [4], data: new Uint8Array(4) };
    await store.put("c.npz", await joined(npzChunks([x, odd])));
    await rows("c.npz").toMatchObject({ code: "invalid-argument" });
    const bytes = await store.bytes("a.npz");
    bytes[180] = bytes[180]! ^ 1;
    await store.put("a.npz", bytes);
    const dataset = await npzDataset(store, { keys: "a.npz" });
    await expect(dataset.get(0)).rejects.toMatchObject({
      code: expect.stringMatching(/integrity|corrupt-format/),
      message: expect.stringContaining(store.uriOf("a.npz")),
    });
    await store.put("a.npz", "no npz");
    await rows("a.npz").toMatchObject({ code: "corrupt-format" });
  });
});

describe("parquetDataset", () => {
  const columns = [
    { name: "id", type: "int32" },
    { name: "blob", type: "bytes" },
  ] as const;
  const group = (from: number, rows: number): ParquetGroup =>
    new Map<string, never>([
      ["id", Int32Array.from({ length: rows }, (_, i) => from + i)],
      ["blob", Array.from({ length: rows }, (_, i) => new Uint8Array(5000).fill(i))],
    ] as [string, never][]);

  async function files() {
    const store = await memory();
    const file = (groups: ParquetGroup[]) => joined(parquetChunks(groups, { columns }));
    await store.put("a.parquet", await file([group(0, 3), group(3, 2)]));
    await store.put("b.parquet", await file([group(5, 4)]));
    return store;
  }

  it("reads row groups as items, each footer once", async () => {
    const { store, requests } = watched(await files());
    const dataset = await parquetDataset(store, { prefix: "", columns: ["id"] });
    expect(requests.filter((one) => one.startsWith("read-into"))).toHaveLength(2);
    expect(dataset.length).toBe(3);
    expect(dataset.uriOf(1)).toBe(`${store.uriOf("a.parquet")}#1`);
    const seen: number[] = [];
    requests.length = 0;
    for (let index = 0; index < dataset.length; index++) {
      const { columns: read, rowCount } = await dataset.get(index);
      expect([...read.keys()]).toEqual(["id"]);
      expect(rowCount).toBe(read.get("id")?.length);
      seen.push(...(read.get("id") as Int32Array));
      expect(dataset.byteLengthOf(index)).toBeLessThan(500);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(requests.every((one) => Number(one.split(" ")[2]) < 5000)).toBe(true);
    const all = await parquetDataset(store, { prefix: "" });
    expect(all.byteLengthOf(2)).toBeGreaterThan(20_000);
  });

  it("names the file that is damaged, and an absent column", async () => {
    const store = await files();
    const message = expect.stringContaining(store.uriOf("a.parquet"));
    const dataset = await parquetDataset(store, { keys: "a.parquet", columns: ["no"] });
    await expect(dataset.get(0)).rejects.toMatchObject({ code: "invalid-argument", message });
    await store.put("a.parquet", "PAR1 nothing PAR1");
    await expect(parquetDataset(store, { prefix: "" })).rejects.toMatchObject({
      code: "corrupt-format",
      message,
    });
  });
});
