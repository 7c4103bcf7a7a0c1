import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { compareKeys } from "../../../src/core/index.js";
import { syncTree, throwIfFailed } from "../../../src/storage/transfer/index.js";
import { mergeJoin, type Named } from "../../../src/storage/transfer/merge-join.js";
import { dropStores, keysOf, memoryStore, override, run } from "./stores.js";

afterEach(dropStores);

/** A listing without checksums, as most stores give. */
const plainListing = override((inner) => ({
  async *list(options) {
    for await (const page of inner.list(options)) {
      yield { ...page, objects: page.objects.map(({ crc32c: _, ...meta }) => meta) };
    }
  },
}));

describe("syncTree", () => {
  it("copies what is new or different, deletes only when told, then finds nothing to do", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("s/new", "1");
    await source.put("s/same", "2");
    await source.put("s/changed", "longer");
    await target.put("t/same", "2");
    await target.put("t/changed", "old");
    await target.put("t/extra", "x");
    await target.put("outside", "x");
    const trees = {
      source: { store: source, prefix: "s" },
      target: { store: target, prefix: "t" },
    };
    const dry = await run(syncTree({ ...trees, delete: true, dryRun: true }));
    expect(
      dry.items.map(({ action, status, key, reason }) => [action, status, key, reason]),
    ).toEqual(
      expect.arrayContaining([
        ["copy", "planned", "s/changed", "size differs"],
        ["copy", "planned", "s/new", "not in the target"],
        ["copy", "skipped", "s/same", "unchanged"],
        ["delete", "planned", "t/extra", "not in the source"],
      ]),
    );
    expect(dry.summary).toMatchObject({ planned: 3, skipped: 1, copied: 0, deleted: 0 });
    expect(await target.text("t/changed")).toBe("old");

    const first = await run(syncTree(trees));
    expect(first.summary).toMatchObject({ copied: 2, skipped: 1, deleted: 0, failed: 0 });
    const second = await run(syncTree({ ...trees, delete: true }));
    expect(second.summary).toMatchObject({ copied: 0, skipped: 3, deleted: 1 });
    expect(await keysOf(target)).toEqual(["outside", "t/changed", "t/new", "t/same"]);
  });

  it("compares as it is told", async () => {
    const source = await memoryStore(plainListing);
    const target = await memoryStore(plainListing);
    await source.put("k", "aaa");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await target.put("k", "bbb");
    const trees = { source: { store: source }, target: { store: target }, dryRun: true };
    const outcome = async (compare: "auto" | "size" | "checksum" | "exists") =>
      (await run(syncTree({ ...trees, compare }))).items[0]?.reason;
    expect(await outcome("auto")).toBe("unchanged");
    expect(await outcome("size")).toBe("unchanged");
    expect(await outcome("exists")).toBe("unchanged");
    expect(await outcome("checksum")).toBe("checksum differs");
    await target.put("k", "aaa");
    expect(await outcome("checksum")).toBe("unchanged");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await source.put("k", "ccc");
    expect(await outcome("auto")).toBe("source is newer");
  });

  it("syncs there and back", async () => {
    const here = await memoryStore();
    const there = await memoryStore();
    for (let i = 0; i < 300; i++) await here.put(`d${i % 5}/${i}`, `${i}`);
    const out = { source: { store: here }, target: { store: there }, delete: true };
    throwIfFailed((await run(syncTree(out))).summary);
    await there.put("d1/1", "changed there");
    await there.put("new", "x");
    await there.delete("d2/2");
    const back = { source: { store: there }, target: { store: here }, delete: true };
    const { summary } = await run(syncTree(back));
    expect(summary).toMatchObject({ copied: 2, deleted: 1, skipped: 298, failed: 0 });
    expect(await keysOf(here)).toEqual(await keysOf(there));
    expect(await here.text("d1/1")).toBe("changed there");
  });

  it("deletes nothing if a copy failed, the source is empty or its listing breaks", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await target.put("precious", "x");
    const trees = { source: { store: source }, target: { store: target }, delete: true };
    expect((await run(syncTree(trees))).thrown).toMatchObject({ code: "invalid-argument" });
    await source.put("a", "x");
    const unreadable = source.with(
      override(() => ({
        async readInto() {
          throw new Error("unreadable");
        },
      })),
    );
    const failed = await run(syncTree({ ...trees, source: { store: unreadable } }));
    expect(failed.warnings.map(({ code }) => code)).toEqual(["not-deleted"]);
    const broken = source.with(
      override(() => ({
        // biome-ignore lint/correctness/useYield: it fails before its first page
        async *list() {
          throw new Error("the listing broke");
        },
      })),
    );
    expect((await run(syncTree({ ...trees, source: { store: broken } }))).thrown).toBeDefined();
    expect(await keysOf(target)).toEqual(["precious"]);
  });

  it("deletes nothing if the source has become empty since it was compared", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("a", "x");
    await target.put("precious", "x");
    let listings = 0;
    const unmounted = source.with(
      override((inner) => ({
        async *list(options) {
          if (++listings === 1) yield* inner.list(options);
        },
      })),
    );
    const trees = { source: { store: unmounted }, target: { store: target }, delete: true };
    expect((await run(syncTree(trees))).thrown).toMatchObject({ code: "invalid-argument" });
    expect(await keysOf(target)).toEqual(["a", "precious"]);
  });

  it("leaves alone what is not selected", async () => {
    const source = await memoryStore();
    const target = await memoryStore();
    await source.put("a.csv", "x");
    await source.put("a.txt", "x");
    await target.put("old.csv", "x");
    await target.put("old.txt", "x");
    await run(
      syncTree({
        source: { store: source },
        target: { store: target },
        include: ["*.csv"],
        delete: true,
      }),
    );
    expect(await keysOf(target)).toEqual(["a.csv", "old.txt"]);
  });

  it("sorts by itself what a store lists in no order", async () => {
    const unordered = override((inner) => ({
      capabilities: { ...inner.capabilities, orderedListing: false },
      async *list(options) {
        for await (const page of inner.list(options)) {
          yield { ...page, objects: [...page.objects].reverse() };
        }
      },
    }));
    const source = await memoryStore(unordered);
    const target = await memoryStore();
    for (const key of ["a", "b", "😀", "\uffff", "c"]) await source.put(key, key);
    for (const key of ["b", "😀", "z"]) await target.put(key, key);
    const { summary, warnings } = await run(
      syncTree({ source: { store: source }, target: { store: target }, delete: true }),
    );
    expect(summary).toMatchObject({ copied: 3, skipped: 2, deleted: 1 });
    expect(warnings.map(({ code }) => code)).toEqual(["unordered"]);
    expect(new Set(await keysOf(target))).toEqual(new Set(await keysOf(source)));
  });
});

describe("mergeJoin", () => {
  async function* batches(names: string[], size: number): AsyncGenerator<Named<string>[]> {
    for (let i = 0; i < names.length; i += size) {
      yield names.slice(i, i + size).map((name) => ({ name, value: name }));
      yield [];
    }
  }

  it("pairs every name once, in order", async () => {
    const names = fc.uniqueArray(fc.string({ unit: "grapheme", maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(names, names, fc.integer({ min: 1, max: 4 }), async (a, b, size) => {
        const left = [...a].sort(compareKeys);
        const right = [...b].sort(compareKeys);
        const joined = [];
        for await (const pair of mergeJoin(batches(left, size), batches(right, size))) {
          joined.push(pair);
        }
        expect(joined.map(({ name }) => name)).toEqual(
          [...new Set([...a, ...b])].sort(compareKeys),
        );
        expect(joined.flatMap((pair) => pair.left ?? [])).toEqual(left);
        expect(joined.flatMap((pair) => pair.right ?? [])).toEqual(right);
      }),
    );
  });

  it("refuses a listing out of order", async () => {
    const joined = mergeJoin(batches(["b", "a"], 5), batches(["a"], 5));
    await expect(async () => {
      for await (const _ of joined);
    }).rejects.toMatchObject({ code: "unexpected" });
  });
});
