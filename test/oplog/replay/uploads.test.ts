import { afterEach, describe, expect, it } from "vitest";
import { dropStores, memoryStore, override } from "../../storage/transfer/stores.js";
import { keysOf, replayRows } from "./replay-rows.js";

afterEach(dropStores);

const MiB = 2 ** 20;

describe("replay of uploads in parts", () => {
  const part = { op: "PUTPART", file: "k", bytes: 5 * MiB };

  it("puts the parts of a key together and publishes them", async () => {
    const store = await memoryStore();
    const { result } = await replayRows(
      store,
      [
        { op: "MULTIPART_START", file: "k" },
        part,
        { ...part, error: "timeout: try again" },
        part,
        { ...part, bytes: 17 },
        { op: "LIST_PARTS", file: "k", objects: 3 },
        { op: "MULTIPART_COMPLETE", file: "k" },
        { op: "MULTIPART_COMPLETE", file: "k" },
      ],
      { concurrency: 1 },
    );
    expect(await keysOf(store)).toEqual([["k", 10 * MiB + 17]]);
    expect(result).toMatchObject({ done: 6, bytes: 10 * MiB + 17 });
    expect(result.skips).toEqual([
      { op: "PUTPART", reason: "failed-write", rows: 1 },
      { op: "MULTIPART_COMPLETE", reason: "no-upload", rows: 1 },
    ]);
  });

  it("waits with the publishing for parts that are still on their way", async () => {
    const store = await memoryStore();
    const rows = [{ op: "MULTIPART_START", file: "k" }, part, part, part];
    await replayRows(store, [...rows, { op: "MULTIPART_COMPLETE", file: "k" }], { concurrency: 8 });
    expect(await keysOf(store)).toEqual([["k", 15 * MiB]]);
  });

  it("publishes in the end what the log does not tell the beginning of", async () => {
    const store = await memoryStore();
    const { result } = await replayRows(store, [part, part]);
    expect(await keysOf(store)).toEqual([["k", 10 * MiB]]);
    expect(result.uploads).toEqual({ completed: 1, aborted: 0 });
  });

  it("aborts what the log left open or aborted, and leaves nothing behind", async () => {
    const store = await memoryStore();
    const { result } = await replayRows(store, [
      { op: "MULTIPART_START", file: "k" },
      part,
      { op: "MULTIPART_START", file: "k" },
      part,
      { op: "MULTIPART_START", file: "m" },
      { op: "MULTIPART_ABORT", file: "m" },
      { op: "MULTIPART_ABORT", file: "m" },
    ]);
    expect(await keysOf(store)).toEqual([]);
    for await (const upload of store.listMultiparts()) expect.fail(upload.key);
    expect(result.uploads).toEqual({ completed: 0, aborted: 1 });
    expect(result.skips).toEqual([{ op: "MULTIPART_ABORT", reason: "no-upload", rows: 1 }]);
  });

  it("fails an upload as its part failed, and leaves nothing behind", async () => {
    let parts = 0;
    const store = await memoryStore(
      override((inner) => ({
        async startMultipart(key, options) {
          const upload = await inner.startMultipart(key, options);
          return new Proxy(upload, {
            get(target, name) {
              if (name === "putPart" && ++parts === 2) return () => Promise.reject(new Error("no"));
              const value: unknown = Reflect.get(target, name, target);
              return typeof value === "function" ? value.bind(target) : value;
            },
          });
        },
      })),
    );
    const { result } = await replayRows(store, [
      { op: "MULTIPART_START", file: "k" },
      part,
      part,
      { op: "MULTIPART_COMPLETE", file: "k" },
    ]);
    expect(result).toMatchObject({ done: 2, failed: 2 });
    expect(await keysOf(store)).toEqual([]);
    for await (const upload of store.listMultiparts()) expect.fail(upload.key);
  });

  it("refuses a part that is too large for memory", async () => {
    const { result } = await replayRows(await memoryStore(), [{ ...part, bytes: 2 ** 50 }]);
    expect(result.failures).toMatchObject([{ code: "invalid-argument", operations: 1 }]);
  });
});
