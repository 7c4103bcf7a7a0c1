import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import {
  deleteObjects,
  deleteTree,
  finishTransfer,
  moveList,
  moveTree,
  throwIfFailed,
  transferList,
  transferTree,
} from "../../../src/storage/transfer/index.js";
import {
  dropStores,
  keysOf,
  memoryStore,
  override,
  pendingOf,
  recordCalls,
  run,
} from "./stores.js";

afterEach(dropStores);

const ODD = [
  "a b",
  "a+b",
  "a%2Fb",
  "a&<>\"'",
  "a\nb",
  "é",
  "e\u0301",
  "😀/😀",
  "x//y",
  "/lead",
  "..",
  "../up",
  "d/./e",
  "trail/",
  "deep/".repeat(20),
  "n".repeat(1000),
];

async function fill(store: ObjectStore, keys: Iterable<string>, prefix = ""): Promise<void> {
  for (const key of keys) await store.put(prefix + key, `data of ${key}`);
}

/** A target that says it is a file store. */
const asFiles = override((inner) => ({
  capabilities: { ...inner.capabilities, keyAndPrefix: false },
}));

describe("transferTree", () => {
  it("keeps the shape and every odd name of 2,000 objects", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    const keys = [...ODD, ...Array.from({ length: 2000 - ODD.length }, (_, i) => `t${i % 7}/${i}`)];
    await fill(source, keys, "in/");
    await fill(source, ["other", "in2/x"]);
    const { summary, items } = await run(
      transferTree({
        source: { store: source, prefix: "in" },
        target: { store: target, prefix: "out" },
      }),
    );
    throwIfFailed(summary);
    expect(summary.copied).toBe(2000);
    expect(items).toHaveLength(2000);
    expect(new Set(await keysOf(target))).toEqual(new Set(keys.map((key) => `out/${key}`)));
    for (const key of ODD) expect(await target.text(`out/${key}`)).toBe(`data of ${key}`);
  });

  it("uses one read and one put for each small object", async () => {
    const log: string[] = [];
    const source = await memoryStore(recordCalls(log));
    const target = await memoryStore(recordCalls(log));
    await fill(source, ["a", "b", "c"]);
    await source.put("empty", "");
    log.length = 0;
    await finishTransfer(transferTree({ source: { store: source }, target: { store: target } }));
    const reads = Array(3).fill("readInto");
    expect([...log].sort()).toEqual(["get", "list", ...Array(4).fill("put"), ...reads]);
  });

  it("refuses, one by one, names that a file store cannot hold", async () => {
    const source = await memoryStore();
    const target = await memoryStore(asFiles);
    await fill(source, ["ok", "../up", "a/../b", "/abs", "a//b", "./c", "x/"]);
    await source.put("folder/", "");
    const { summary, items } = await run(
      transferTree({ source: { store: source }, target: { store: target } }),
    );
    expect(await keysOf(target)).toEqual(["ok"]);
    expect(summary).toMatchObject({ copied: 1, failed: 6, skipped: 1 });
    expect(items.find(({ key }) => key === "folder/")).toMatchObject({ reason: "folder marker" });
    expect(new Set(summary.failures.map(({ error }) => error.code))).toEqual(
      new Set(["invalid-key"]),
    );
    expect(() => throwIfFailed(summary)).toThrowError(
      expect.objectContaining({ code: "partial-failure" }),
    );
  });

  it("goes on after failures and lists each", async () => {
    const source = await memoryStore();
    const target = await memoryStore(
      override((inner) => ({
        async put(key, body, options) {
          if (key.endsWith("3")) throw new Error("no room");
          return inner.put(key, body, options);
        },
      })),
    );
    await fill(
      source,
      Array.from({ length: 50 }, (_, i) => `${i}`),
    );
    const { summary } = await run(
      transferTree({ source: { store: source }, target: { store: target }, concurrency: 4 }),
    );
    expect(summary).toMatchObject({ copied: 45, failed: 5 });
    let error: unknown;
    try {
      throwIfFailed(summary);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: "partial-failure",
      details: { failed: 5, succeeded: 45 },
    });
    const { failures } = (error as { details: { failures: { key: string }[] } }).details;
    expect(failures.map(({ key }) => key).sort()).toEqual(["13", "23", "3", "33", "43"]);
  });

  it("selects by globs and filter, and lists no more than it must", async () => {
    const prefixes: (string | undefined)[] = [];
    const source = await memoryStore(
      override((inner) => ({
        list(options) {
          prefixes.push(options?.prefix);
          return inner.list(options);
        },
      })),
    );
    const target = await memoryStore();
    await fill(source, [
      "t/data/a.csv",
      "t/data/b.csv",
      "t/data/x/c.csv",
      "t/data/d.txt",
      "t/e.csv",
    ]);
    await finishTransfer(
      transferTree({
        source: { store: source, prefix: "t/" },
        target: { store: target },
        include: ["data/**.csv"],
        exclude: ["**/b.*"],
      }),
    );
    expect(await keysOf(target)).toEqual(["data/a.csv", "data/x/c.csv"]);
    expect(prefixes).toEqual(["t/data/"]);
    const flat = await memoryStore();
    await finishTransfer(
      transferTree({
        source: { store: source, prefix: "t" },
        target: { store: flat, prefix: "flat" },
        filter: (key) => key.includes("/"),
        rename: (key) => (key.endsWith(".txt") ? undefined : key.replaceAll("/", "_")),
      }),
    );
    expect(await keysOf(flat)).toEqual(["flat/data_a.csv", "flat/data_b.csv", "flat/data_x_c.csv"]);
  });

  it("copies again what grew, shrank or went since it was listed", async () => {
    const plain = await memoryStore();
    await fill(plain, ["a", "b", "c"]);
    const source = plain.with(
      override((inner) => ({
        async *list(options) {
          for await (const page of inner.list(options)) {
            await plain.put("a", "longer than it was when it was listed");
            await plain.put("b", "");
            await plain.delete("c");
            yield page;
          }
        },
      })),
    );
    const target = await memoryStore();
    const { summary } = await run(
      transferTree({ source: { store: source }, target: { store: target } }),
    );
    expect(summary).toMatchObject({ copied: 2, failed: 1 });
    expect(summary.failures[0]).toMatchObject({ key: "c", error: { code: "not-found" } });
    expect(await target.text("a")).toBe("longer than it was when it was listed");
    expect(await target.text("b")).toBe("");
  });

  it("tells a failed listing after what was copied", async () => {
    const source = await memoryStore(
      override((inner) => ({
        async *list(options) {
          yield* inner.list(options);
          throw new Error("the listing broke");
        },
      })),
    );
    const target = await memoryStore();
    await fill(source, ["a", "b"]);
    const { summary, thrown } = await run(
      transferTree({ source: { store: source }, target: { store: target } }),
    );
    expect(summary.copied).toBe(2);
    expect(thrown).toMatchObject({ code: "unexpected" });
  });

  it("stops at once when aborted", async () => {
    const controller = new AbortController();
    const source = await memoryStore();
    let puts = 0;
    const target = await memoryStore(
      override((inner) => ({
        put(...args) {
          if (++puts === 20) controller.abort();
          return inner.put(...args);
        },
      })),
    );
    await fill(
      source,
      Array.from({ length: 500 }, (_, i) => `${i}`),
    );
    const { signal } = controller;
    const { summary, thrown } = await run(
      transferTree({
        source: { store: source },
        target: { store: target },
        concurrency: 4,
        signal,
      }),
    );
    expect(thrown).toMatchObject({ code: "aborted" });
    expect(summary.aborted).toBe(true);
    expect(summary.failed).toBe(0);
    expect(puts).toBeLessThan(30);
  });

  it("refuses trees that overlap, and a slow reader holds it back", async () => {
    const store = await memoryStore();
    expect(() =>
      transferTree({ source: { store, prefix: "a" }, target: { store, prefix: "a/b" } }),
    ).toThrowError(expect.objectContaining({ code: "invalid-argument" }));
    await fill(
      store,
      Array.from({ length: 3000 }, (_, i) => `a/${i}`),
    );
    const target = await memoryStore();
    const events = transferTree({ source: { store, prefix: "a" }, target: { store: target } });
    const iterator = events[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await keysOf(target)).length).toBeLessThan(1500);
    await iterator.return?.();
    expect(await pendingOf(target)).toEqual([]);
  });
});

describe("moveTree and moveList", () => {
  it.each([true, false])("leave nothing behind (rename: %s)", async (rename) => {
    const store = await memoryStore(
      override((inner) => ({ capabilities: { ...inner.capabilities, rename } })),
    );
    const keys = Array.from({ length: 1200 }, (_, i) => `${i}`).sort();
    await fill(store, keys, "a/");
    const moved = await finishTransfer(
      moveTree({ source: { store, prefix: "a" }, target: { store, prefix: "b" } }),
    );
    expect(moved.copied).toBe(1200);
    expect(await keysOf(store, "a/")).toEqual([]);
    const other = await memoryStore();
    await finishTransfer(
      moveList({ source: { store, prefix: "b" }, target: { store: other }, keys }),
    );
    expect(await keysOf(store)).toEqual([]);
    expect(await keysOf(other)).toEqual(keys);
  });

  it("remove a source while others are still copied", async () => {
    const plain = await memoryStore();
    await fill(plain, ["a", "b"]);
    let isGone = false;
    const source = plain.with(
      override((inner) => ({
        async readInto(...args) {
          for (let turn = 0; args[0] === "b" && !isGone && turn < 100; turn++) {
            await setImmediate();
            isGone = !(await plain.exists("a"));
          }
          return inner.readInto!(...args);
        },
      })),
    );
    const target = { store: await memoryStore() };
    await finishTransfer(
      moveList({ source: { store: source }, target, keys: ["a", "b"], concurrency: 1 }),
    );
    expect(isGone).toBe(true);
    expect(await keysOf(plain)).toEqual([]);
  });

  it("keep a source that is written while it waits to be removed", async () => {
    const plain = await memoryStore();
    await fill(plain, ["a", "b", "c"]);
    let tellWritten = (): void => {};
    const written = new Promise<void>((resolve) => {
      tellWritten = resolve;
    });
    const source = plain.with(
      override((inner) => ({
        async readInto(...args) {
          if (args[0] === "c") {
            await plain.put("b", "new");
            tellWritten();
          }
          return inner.readInto!(...args);
        },
        async deleteMany(keys, ...rest) {
          if (keys[0] === "a") await written;
          return inner.deleteMany(keys, ...rest);
        },
      })),
    );
    const target = { store: await memoryStore() };
    const { summary } = await run(
      moveList({ source: { store: source }, target, keys: ["a", "b", "c"], concurrency: 1 }),
    );
    expect(summary).toMatchObject({ copied: 2, failed: 1 });
    expect(summary.failures[0]).toMatchObject({
      key: "b",
      error: {
        code: "precondition-failed",
        message: expect.stringMatching(/copied to .* but not removed: it was written meanwhile/),
      },
    });
    expect(await keysOf(plain)).toEqual(["b"]);
    expect(await plain.text("b")).toBe("new");
  });
});

describe("transferList", () => {
  it("takes keys as they come, and fails only those that are missing", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await fill(source, ["p/a", "p/b"]);
    async function* keys() {
      yield "a";
      yield "missing";
      yield { key: "b", targetKey: "renamed" };
    }
    const { summary } = await run(
      transferList({
        source: { store: source, prefix: "p" },
        target: { store: target },
        keys: keys(),
      }),
    );
    expect(await keysOf(target)).toEqual(["a", "renamed"]);
    expect(summary).toMatchObject({ copied: 2, failed: 1 });
    expect(summary.failures[0]).toMatchObject({ key: "p/missing", error: { code: "not-found" } });
  });

  it("ends at once when aborted while its list is silent", async () => {
    const source = await memoryStore();
    await fill(source, ["a"]);
    const controller = new AbortController();
    async function* keys() {
      yield "a";
      controller.abort();
      await new Promise(() => {});
    }
    const { signal } = controller;
    const target = { store: await memoryStore() };
    const copied = await run(
      transferList({ source: { store: source }, target, keys: keys(), signal }),
    );
    expect(copied.thrown).toMatchObject({ code: "aborted" });
    const deletion = new AbortController();
    async function* doomed() {
      yield "a";
      deletion.abort();
      await new Promise(() => {});
    }
    const deleted = await run(
      deleteObjects({ store: source, keys: doomed(), signal: deletion.signal }),
    );
    expect(deleted.thrown).toMatchObject({ code: "aborted" });
  });

  it("reads objects of every size up to a part's with little memory", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    const sizes = [0, 1, 65_536, 1 << 20, (1 << 20) + 1, 3 << 20, 5 << 20];
    for (const size of sizes) await source.put(`${size}`, new Uint8Array(size).fill(7));
    const keys = sizes.map(String);
    const { summary } = await run(
      transferList({
        source: { store: source },
        target: { store: target },
        keys,
        memoryLimit: 4 << 20,
        verify: "read-back",
      }),
    );
    throwIfFailed(summary);
    for (const size of sizes) expect((await target.head(`${size}`)).size).toBe(size);
  });
});

describe("deleteTree and deleteObjects", () => {
  it("delete what is selected and tell each", async () => {
    const store = await memoryStore();
    const keys = Array.from({ length: 2500 }, (_, i) => `a/${i}.tmp`);
    await fill(store, [...keys, "a/keep", "ab"]);
    const dry = await run(deleteTree({ target: { store, prefix: "a" }, dryRun: true }));
    expect(dry.summary).toMatchObject({ planned: 2501, deleted: 0 });
    expect((await keysOf(store)).length).toBe(2502);
    const { summary } = await run(
      deleteTree({ target: { store, prefix: "a" }, include: ["*.tmp"] }),
    );
    expect(summary).toMatchObject({ deleted: 2500, failed: 0 });
    expect(await keysOf(store)).toEqual(["a/keep", "ab"]);
  });

  it("fail each key by itself", async () => {
    const store = await memoryStore();
    await fill(store, ["a", "b"]);
    const { summary } = await run(deleteObjects({ store, keys: ["a", "", "missing", "b"] }));
    expect(summary).toMatchObject({ deleted: 3, failed: 1 });
    expect(summary.failures[0]?.error.code).toBe("invalid-key");
    expect(await keysOf(store)).toEqual([]);
  });
});
