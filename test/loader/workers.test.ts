import { describe, expect, it } from "vitest";
import { concat, DataLoader, memoryDataset } from "../../src/loader/index.js";
import { SlowDataset } from "./slow-dataset.js";

const module = new URL("./decode/decoders.mjs", import.meta.url);

interface Decoded {
  readonly value: number;
  readonly index: number;
  readonly uri: string;
  readonly threadId: number;
}

describe("decoding in worker threads", () => {
  it("gives the items in their order, from as many threads as it is told", async () => {
    await using loader = new DataLoader<number, Decoded>(new SlowDataset(40), {
      batchSize: 8,
      decode: { module, export: "withInfo" },
      workers: 2,
    });
    const decoded: Decoded[] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const { items } of loader) decoded.push(...items);
    }
    expect(decoded.map(({ index }) => index % 40)).toEqual(decoded.map((_, at) => at % 40));
    expect(decoded.every(({ value, index }) => value === index * 10)).toBe(true);
    expect(decoded[3]?.uri).toBe("mem://data/item-3");
    const threads = new Set(decoded.map(({ threadId }) => threadId));
    // The threads are those of the first epoch.
    expect(threads.size).toBe(2);
    expect(threads.has(0)).toBe(false);
  });

  it("leaves a data set its values where it gives them out again", async () => {
    const arrays = [1, 2, 3].map((value) => new Uint8Array(64).fill(value));
    await using loader = new DataLoader<Uint8Array>(concat([memoryDataset(arrays)]), {
      decode: { module },
      workers: 1,
    });
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const { items } of loader) expect(items).toEqual(arrays);
    }
    expect(arrays.map(({ length }) => length)).toEqual([64, 64, 64]);
  });

  it("tells which item failed, or leaves it out", async () => {
    const decode = { module, export: "fails" };
    await using strict = new DataLoader(new SlowDataset(4), { decode, workers: 1 });
    await expect(strict[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      details: { index: 0, position: 0 },
      message: "item 0 (mem://data/item-0) cannot be decoded: no picture in 0",
    });
    await using lenient = new DataLoader(new SlowDataset(4), {
      decode,
      workers: 1,
      onError: "skip",
    });
    for await (const _ of lenient) expect.unreachable();
    expect(lenient.stats.skipped).toBe(4);
  });

  it("is ended by closing the loader, with what is under way", async () => {
    const loader = new DataLoader(new SlowDataset(4), {
      batchSize: 1,
      decode: { module, export: "never" },
      workers: 1,
    });
    const waiting = loader[Symbol.asyncIterator]().next();
    await new Promise((resolve) => setImmediate(resolve));
    await loader.close();
    expect((await waiting).done).toBe(true);
  });
});
