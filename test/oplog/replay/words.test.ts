import { afterEach, describe, expect, it } from "vitest";
import type { Layer } from "../../../src/storage/index.js";
import { dropStores, memoryStore, override, recordCalls } from "../../storage/transfer/stores.js";
import { keysOf, replayRows } from "./replay-rows.js";

afterEach(dropStores);

const MiB = 2 ** 20;

/** The ranges that reads ask for. */
function recordRanges(ranges: unknown[]): Layer {
  return override((inner) => ({
    get(key, options) {
      ranges.push(options?.range);
      return inner.get(key, options);
    },
  }));
}

describe("replay of each word", () => {
  it("PUT: exactly as many bytes, others for each row, the same from the same seed", async () => {
    const write = async (seed: string) => {
      const store = await memoryStore();
      const rows = [0, 1, 1000, 1000, 3 * MiB].map((bytes, i) => ({
        op: "PUT",
        file: `k${i}`,
        bytes,
      }));
      const { result } = await replayRows(store, rows, { seed });
      expect(result).toMatchObject({ done: 5, bytes: 3 * MiB + 2001 });
      expect((await keysOf(store)).map(([, size]) => size)).toEqual([0, 1, 1000, 1000, 3 * MiB]);
      return Promise.all(
        rows.map(async ({ file }) => Buffer.from(await store.bytes(file)).toString("latin1")),
      );
    };
    const [first, again, other] = [await write("1"), await write("1"), await write("2")];
    expect(again.every((text, i) => text === first[i])).toBe(true);
    expect(other[2] === first[2]).toBe(false);
    expect(first[2] === first[3]).toBe(false);
  });

  it("PUT: in parts what is over the store's limit of one put", async () => {
    const calls: string[] = [];
    const small = override((inner) => ({
      capabilities: { ...inner.capabilities, maxPutBytes: 5 * MiB },
    }));
    const store = await memoryStore(recordCalls(calls), small);
    const { result } = await replayRows(store, [{ op: "PUT", file: "k", bytes: 20 * MiB + 1 }]);
    expect(result).toMatchObject({ done: 1, bytes: 20 * MiB + 1 });
    expect(await keysOf(store)).toEqual([["k", 20 * MiB + 1]]);
    expect(calls).toContain("startMultipart");
    expect(calls).not.toContain("put");
  });

  it("GET: the whole object, or the range that the log tells", async () => {
    const ranges: unknown[] = [];
    const store = await memoryStore(recordRanges(ranges));
    await store.put("k", new Uint8Array(1000));
    const { result } = await replayRows(store, [
      { bytes: 1000, file: "k" },
      { bytes: 100, file: "k", offset: 900 },
      { bytes: 200, file: "k", offset: 900 },
      { bytes: 0, file: "k", offset: 5 },
    ]);
    expect(ranges).toEqual([
      undefined,
      { start: 900, end: 1000 },
      { start: 900, end: 1100 },
      { start: 5, end: 6 },
    ]);
    expect(result).toMatchObject({ done: 4, bytes: 1201, differing: 2 });
  });

  it("GET: of an object longer than what was read only its beginning, from the second one on", async () => {
    const ranges: unknown[] = [];
    const store = await memoryStore(recordRanges(ranges));
    await store.put("k", new Uint8Array(5000));
    const { result } = await replayRows(store, [
      { bytes: 100, file: "k" },
      { bytes: 100, file: "k" },
      { bytes: 0, file: "k" },
      { bytes: 7, file: "k", error: "timeout: was slow" },
    ]);
    expect(ranges).toEqual([undefined, { start: 0, end: 100 }, undefined, undefined]);
    expect(result).toMatchObject({ done: 4, failed: 0 });
  });

  it("STAT, LIST and MULTIPART_LIST", async () => {
    const sizes: unknown[] = [];
    const store = await memoryStore(
      override((inner) => ({
        list(options) {
          sizes.push(options?.pageSize);
          return inner.list(options);
        },
      })),
    );
    for (let i = 0; i < 2500; i++) await store.put(`d/${i}`, "");
    await store.startMultipart("d/up");
    const { result } = await replayRows(store, [
      { op: "STAT", file: "d/1" },
      { op: "LIST", file: "d/", objects: 10 },
      { op: "LIST", file: "", objects: 1500 },
      { op: "LIST", file: "d/", objects: 0 },
      { op: "MULTIPART_LIST", file: "d/", objects: 1 },
    ]);
    expect(sizes).toEqual([10, 1000, 1000]);
    // 10, 2 pages where 1,500 entries were, and one page where none was.
    expect(result).toMatchObject({ done: 5, differing: 2 });
  });

  it("DELETE: the key that the log tells, counting those that it does not", async () => {
    const store = await memoryStore();
    for (const key of ["a", "b", "c"]) await store.put(key, "");
    const { result } = await replayRows(store, [
      { op: "DELETE", file: "a", objects: 1 },
      { op: "DELETE", file: "b", objects: 1000 },
      { op: "DELETE", file: "(batch)", objects: 1000 },
    ]);
    expect(await keysOf(store)).toEqual([["c", 0]]);
    expect(result).toMatchObject({
      done: 2,
      unknownKeys: 999,
      skips: [{ op: "DELETE", reason: "no-key", rows: 1 }],
    });
  });

  it("COPY and RENAME, also where the store has no rename", async () => {
    for (const rename of [true, false]) {
      const store = await memoryStore(
        override((inner) => ({ capabilities: { ...inner.capabilities, rename } })),
      );
      await store.put("a", "one");
      const { result } = await replayRows(store, [
        { op: "COPY", source: "a", file: "b" },
        { op: "RENAME", source: "a", file: "c" },
        { op: "COPY", file: "d" },
      ]);
      expect(await keysOf(store)).toEqual([
        ["b", 3],
        ["c", 3],
      ]);
      expect(result.skips).toEqual([{ op: "COPY", reason: "no-source", rows: 1 }]);
    }
  });

  it("skips what is unknown, what is a container's, and copies between stores, and says so", async () => {
    const store = await memoryStore();
    const { result, told } = await replayRows(
      store,
      [
        { op: "FROBNICATE" },
        { op: "CREATE_CONTAINER" },
        { op: "MULTIPART_RESUME" },
        { op: "COPY", source: "x/a", file: "y/a" },
        { op: "PUT", file: "z/a" },
        { op: "PUT", file: "x" },
      ],
      {
        to: undefined,
        maps: [
          { from: "x", to: ["mem://x"] },
          { from: "y", to: ["mem://y"] },
        ],
      },
    );
    expect(told.map((one) => one.status === "skipped" && one.reason)).toEqual([
      "unknown-word",
      "container",
      "no-upload",
      "two-targets",
      "no-target",
      "no-key",
    ]);
    expect(result).toMatchObject({ rows: 6, skipped: 6, planned: 0 });
  });

  it("asks again for what failed in the log, but does not write what the log does not tell", async () => {
    const store = await memoryStore();
    await store.put("a", "kept");
    const rows = [
      { op: "GET", file: "none", error: "not-found: none" },
      { op: "PUT", file: "a", error: "precondition-failed: a" },
      { op: "GET", file: "other" },
    ];
    const { result } = await replayRows(store, rows);
    expect(result).toMatchObject({ failed: 2, failedInLog: 1, skipped: 1, done: 0 });
    expect(result.failures).toMatchObject([{ code: "not-found", operations: 2 }]);
    expect(await store.text("a")).toBe("kept");
    const skipping = await replayRows(store, rows, { skipFailed: true });
    expect(skipping.result).toMatchObject({ failed: 1, failedInLog: 0, skipped: 2 });
  });
});
