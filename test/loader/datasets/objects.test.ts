import { describe, expect, it } from "vitest";
import {
  concat,
  mapDataset,
  memoryDataset,
  objectDataset,
  rangeDataset,
  subset,
} from "../../../src/loader/datasets/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { bytesOf, digest, folder, memory, PLACES, watched } from "./places.js";

describe.each(Object.entries(PLACES))("objects in a %s", (_name, open) => {
  it.each(["sequential", "range", "auto"] as const)("are read whole, %s", async (readerMode) => {
    const store = await open();
    const sizes = [0, 1, 999, 1000, 1001, 2000, 10_000, 1_100_001];
    for (const size of sizes) await store.put(`o/${size}`, bytesOf(size, size));
    const keys = sizes.map((size) => `o/${size}`);
    const options = { keys, readerMode, partSize: size(readerMode), maxInflightParts: 3 };
    const dataset = await objectDataset(store, options);
    for (const [index, length] of sizes.entries()) {
      const bytes = await dataset.get(index);
      expect(digest(bytes)).toBe(digest(bytesOf(length, length)));
      expect(bytes.buffer.byteLength).toBe(length);
    }
  });

  it("are the present version if they were replaced since they were listed", async () => {
    const store = await open();
    for (const readerMode of ["sequential", "range"] as const) {
      await store.put("a", bytesOf(1, 5000));
      const dataset = await objectDataset(store, { prefix: "", readerMode, partSize: 1000 });
      for (const now of [6000, 5000, 4000, 0]) {
        await store.put("a", bytesOf(now, now));
        expect(digest(await dataset.get(0))).toBe(digest(bytesOf(now, now)));
      }
      await store.delete("a");
      await expect(dataset.get(0)).rejects.toMatchObject({ code: "not-found" });
    }
  });
});

function size(mode: string): number {
  return mode === "auto" ? 5000 : 999;
}

describe("objectDataset", () => {
  it("reads by the mode, in parts of the size, that many at a time", async () => {
    const plain = await memory();
    await plain.put("a", bytesOf(1, 1000));
    const { store, requests } = watched(plain);
    const list = [{ key: "a", size: 1000 }];
    const read = async (options: object, item?: object) => {
      const dataset = await objectDataset(store, { list, ...options });
      requests.length = 0;
      await dataset.get(0, item);
      return requests.length;
    };
    expect(await read({ readerMode: "sequential", partSize: 100 })).toBe(1);
    expect(await read({ readerMode: "range", partSize: 100 })).toBe(10);
    expect(await read({ readerMode: "range", partSize: 300 })).toBe(4);
    expect(await read({ partSize: 501 })).toBe(1);
    expect(await read({ partSize: 500 })).toBe(2);
    expect(await read({ partSize: 500 }, { readerMode: "sequential" })).toBe(1);
    expect(await read({}, { readerMode: "range", partSize: 250 })).toBe(4);
  });

  it("has as many parts under way as maxInflightParts", async () => {
    const plain = await memory();
    await plain.put("a", bytesOf(1, 1000));
    let running = 0;
    let most = 0;
    const counting = plain.with((inner) => ({
      ...inner,
      capabilities: inner.capabilities,
      list: (options) => inner.list(options),
      readInto: async (...args: Parameters<NonNullable<typeof inner.readInto>>) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        const result = await inner.readInto?.(...args);
        running--;
        if (result === undefined) throw new Error("the store in memory reads into memory");
        return result;
      },
    }));
    for (const maxInflightParts of [1, 3]) {
      const dataset = await objectDataset(counting, {
        prefix: "",
        readerMode: "range",
        partSize: 50,
        maxInflightParts,
      });
      most = 0;
      await dataset.get(0);
      expect(most).toBe(maxInflightParts);
    }
  });

  it("reads damage again, and tells what stays", async () => {
    const plain = await memory();
    await plain.put("a", bytesOf(1, 5000));
    let left = 1;
    const script = ({ operation }: { operation: string }) =>
      operation === "read-into" && left-- > 0
        ? ({ kind: "error", when: "after", error: { code: "integrity", retry: "safe" } } as const)
        : undefined;
    const store = plain.with(fault({ script }));
    const dataset = await objectDataset(store, { prefix: "" });
    expect(digest(await dataset.get(0))).toBe(digest(bytesOf(1, 5000)));
    left = Number.POSITIVE_INFINITY;
    const ranges = await objectDataset(store, { prefix: "", readerMode: "range", partSize: 1000 });
    await expect(ranges.get(0)).rejects.toMatchObject({ code: "integrity" });
  });

  it("refuses other indices, and stops at the signal", async () => {
    const store = await folder();
    await store.put("a", "1");
    const dataset = await objectDataset(store, { prefix: "" });
    for (const index of [-1, 1, 0.5, Number.NaN]) {
      await expect(dataset.get(index)).rejects.toMatchObject({ code: "invalid-argument" });
      expect(() => dataset.uriOf(index)).toThrow("no item");
    }
    const signal = AbortSignal.abort();
    await expect(dataset.get(0, { signal })).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("rangeDataset", () => {
  it("reads ranges, and is loud about those that are not there", async () => {
    const store = await folder();
    const bytes = bytesOf(3, 1000);
    await store.put("a", bytes);
    const dataset = rangeDataset(store, [
      { key: "a", start: 10, end: 20 },
      { key: "a", start: 999, end: 1000 },
      { key: "a", start: 990, end: 1001 },
      { key: "a", start: 1000, end: 1001 },
    ]);
    expect(dataset.uriOf(0)).toBe(`${store.uri}/a#10-20`);
    expect(dataset.byteLengthOf(0)).toBe(10);
    expect(await dataset.get(0)).toEqual(bytes.slice(10, 20));
    expect(await dataset.get(1)).toEqual(bytes.slice(999));
    for (const index of [2, 3]) {
      await expect(dataset.get(index)).rejects.toMatchObject({ code: "invalid-argument" });
    }
    expect(() => rangeDataset(store, [{ key: "a", start: 5, end: 5 }])).toThrow("range");
  });
});

describe("data sets of others", () => {
  const letters = memoryDataset(["a", "b", "c"], { uri: "l", byteLength: () => 7 });

  it("change values", async () => {
    const upper = mapDataset(letters, async (value) => value.toUpperCase());
    expect(await upper.get(2)).toBe("C");
    expect([upper.length, upper.uriOf(2), upper.byteLengthOf(2)]).toEqual([3, "l#2", 7]);
  });

  it("are parts, and several in a row", async () => {
    const some = subset(letters, [2, 0, 2]);
    const all = concat([some, memoryDataset<string>([]), letters]);
    const values = await Promise.all(Array.from({ length: all.length }, (_, i) => all.get(i)));
    expect(values.join("")).toBe("cacabc");
    expect(all.uriOf(3)).toBe("l#0");
    expect(() => subset(letters, [3])).toThrow("no item 3");
    await expect(all.get(6)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
