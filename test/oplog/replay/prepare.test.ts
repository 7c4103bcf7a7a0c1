import { afterEach, describe, expect, it } from "vitest";
import { type PrepareResult, prepareReplay, replay } from "../../../src/oplog/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { dropStores, memoryStore, override } from "../../storage/transfer/stores.js";
import { log, rowAt } from "./log-rows.js";

afterEach(dropStores);

const ROWS = [
  rowAt(0, { file: "whole", bytes: 500 }),
  rowAt(1, { file: "ranged", bytes: 100, offset: 900 }),
  rowAt(2, { file: "ranged", bytes: 100, offset: 100 }),
  rowAt(3, { op: "PUT", file: "written", bytes: 10 }),
  rowAt(4, { file: "written", bytes: 10 }),
  rowAt(5, { file: "missing", bytes: 0, error: "not-found: missing" }),
  rowAt(6, { op: "STAT", file: "looked-at" }),
  rowAt(7, { op: "COPY", source: "copied", file: "copy" }),
  rowAt(8, { file: "copy", bytes: 0 }),
  rowAt(9, { file: "there", bytes: 9 }),
];

async function sizes(store: ObjectStore): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for await (const { key, size } of store.list()) found[key] = size;
  return found;
}

describe("prepareReplay", () => {
  it("writes what is read before it is written, as long as it must be, and nothing else", async () => {
    const store = await memoryStore();
    await store.put("there", "short");
    const options = { to: "mem://t", openStore: async () => store, concurrency: 3 };
    const told: PrepareResult[] = [];
    const result = await prepareReplay(log(ROWS), {
      ...options,
      onPrepared: (done) => {
        told.push({ ...done });
      },
    });
    expect(result).toEqual({
      objects: 5,
      bytes: 1509,
      written: 4,
      writtenBytes: 1500,
      tooShort: 1,
    });
    expect(told.at(-1)).toEqual(result);
    expect(await store.text("there")).toBe("short");
    expect(await sizes(store)).toEqual({
      whole: 500,
      ranged: 1000,
      "looked-at": 0,
      copied: 0,
      there: 5,
    });
    const again = await prepareReplay(log(ROWS), options);
    expect(again).toMatchObject({ objects: 5, written: 0, tooShort: 1 });
    const replayed = await replay(log(ROWS), { ...options, concurrency: 1, speed: "max" });
    expect(replayed).toMatchObject({ failed: 1, failedInLog: 1, done: 9 });
  });

  it("goes by the order of starts, and by what is selected", async () => {
    const store = await memoryStore();
    const options = { to: "mem://t", openStore: async () => store };
    const rows = [rowAt(5, { file: "a", bytes: 1 }), rowAt(1, { op: "PUT", file: "a", bytes: 1 })];
    expect(await prepareReplay(log(rows), options)).toMatchObject({ objects: 0 });
    expect(await prepareReplay(log(rows), { ...options, ops: ["GET"] })).toMatchObject({
      objects: 1,
    });
    expect(await prepareReplay(log(ROWS), { ...options, limit: 1 })).toMatchObject({
      objects: 1,
      bytes: 500,
    });
  });

  it("writes to every target that a read could go to", async () => {
    const stores = new Map<string, ObjectStore>();
    const openStore = async (uri: string) => {
      const store = await memoryStore();
      stores.set(uri, store);
      return store;
    };
    const maps = [{ from: "d", to: ["mem://a", "mem://b"] }];
    const rows = [rowAt(0, { file: "d/1", bytes: 3 })];
    expect(await prepareReplay(log(rows), { maps, openStore })).toMatchObject({ written: 2 });
    for (const store of stores.values()) expect(await sizes(store)).toEqual({ "1": 3 });
    stores.clear();
    const sticky = await prepareReplay(log(rows), { maps, openStore, sticky: true });
    expect(sticky).toMatchObject({ written: 1 });
    expect(stores.size).toBe(1);
  });

  it("only counts in a dry run, and asks where to write", async () => {
    const openStore = () => Promise.reject(new Error("opened"));
    const dry = await prepareReplay(log(ROWS), { to: "mem://t", openStore, dryRun: true });
    expect(dry).toMatchObject({ objects: 5, bytes: 1509, written: 0 });
    await expect(prepareReplay(log(ROWS), { openStore })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("throws the first failure", async () => {
    const store = await memoryStore(
      override(() => ({ put: () => Promise.reject(new Error("full")) })),
    );
    const run = prepareReplay(log(ROWS), { to: "mem://t", openStore: async () => store });
    await expect(run).rejects.toMatchObject({
      code: "unexpected",
      message: expect.stringContaining("full"),
    });
  });
});
