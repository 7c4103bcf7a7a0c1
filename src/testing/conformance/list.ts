import assert from "node:assert/strict";
import { compareKeys } from "../../core/index.js";
import type { Backend, ListOptions } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { listKeys, listPages, putKeys } from "./probes.js";

/** Listings: prefix, delimiter, pages and order. */
export function listCases(expect: Expectations): ConformanceCase[] {
  /** The order told, or that of the keys where none is promised. */
  const ordered = (keys: string[]): string[] =>
    expect.orderedListing === "supported" ? keys : keys.sort(compareKeys);
  const keysOf = async (backend: Backend, options?: ListOptions): Promise<string[]> =>
    ordered(await listKeys(backend, options));

  const cases: Record<string, ConformanceCase["run"]> = {
    "tells nothing of an empty container": async ({ backend }) => {
      assert.deepEqual(await listKeys(backend), []);
      assert.deepEqual(await listKeys(backend, { prefix: "a/", delimiter: "/" }), []);
    },
    "tells keys, sizes and times": async ({ backend }) => {
      const before = Date.now();
      await putKeys(backend, ["b", "a/c", "a/b/c"]);
      const objects = (await listPages(backend)).flatMap((page) => page.objects);
      assert.deepEqual(ordered(objects.map(({ key }) => key)), ["a/b/c", "a/c", "b"]);
      for (const { key, size, lastModified } of objects) {
        assert.equal(size, key.length);
        // Generous: a server's clock is its own.
        assert.ok(Math.abs(lastModified.getTime() - before) < 3_600_000, String(lastModified));
      }
    },
    "tells only keys with the prefix, which need not end at a slash": async ({ backend }) => {
      await putKeys(backend, ["a", "ab", "ab-c", "abd/e", "abd/f/g", "b/ab", "B"]);
      assert.deepEqual(await keysOf(backend, { prefix: "ab" }), ["ab", "ab-c", "abd/e", "abd/f/g"]);
      assert.deepEqual(await keysOf(backend, { prefix: "abd/" }), ["abd/e", "abd/f/g"]);
      assert.deepEqual(await keysOf(backend, { prefix: "abd/f" }), ["abd/f/g"]);
      assert.deepEqual(await keysOf(backend, { prefix: "abd/f/g" }), ["abd/f/g"]);
      assert.deepEqual(await keysOf(backend, { prefix: "abd/f/g/" }), []);
      assert.deepEqual(await keysOf(backend, { prefix: "zz" }), []);
    },
    "folds keys at the delimiter": async ({ backend }) => {
      await putKeys(backend, ["a", "b/1", "b/2", "b/c/3", "b-d", "e/f/g", "z"]);
      assert.deepEqual(await folded(backend, {}), [
        ["a", "b-d", "z"],
        ["b/", "e/"],
      ]);
      assert.deepEqual(await folded(backend, { prefix: "b/" }), [["b/1", "b/2"], ["b/c/"]]);
      assert.deepEqual(await folded(backend, { prefix: "b" }), [["b-d"], ["b/"]]);
      assert.deepEqual(await folded(backend, { prefix: "e/f" }), [[], ["e/f/"]]);
      assert.deepEqual(await folded(backend, { prefix: "b/c/3" }), [["b/c/3"], []]);
    },
    "tells every key once in small pages": async ({ backend }) => {
      const keys = Array.from({ length: 25 }, (_, n) => `k${String(n).padStart(2, "0")}`);
      await putKeys(backend, keys);
      for (const pageSize of [1, 7, 25]) {
        const pages = await listPages(backend, { pageSize });
        for (const { objects } of pages) assert.ok(objects.length <= pageSize);
        const told = pages.flatMap(({ objects }) => objects.map(({ key }) => key));
        assert.deepEqual(ordered(told), keys, `pages of ${pageSize}`);
      }
    },
    "counts prefixes as entries of a small page": async ({ backend }) => {
      const folders = Array.from({ length: 8 }, (_, n) => `d${n}/`);
      const files = Array.from({ length: 5 }, (_, n) => `d${n}-x`);
      await putKeys(backend, [...files, ...folders.flatMap((f) => [`${f}1`, `${f}2`, `${f}3/4`])]);
      for (const pageSize of [1, 3, 13]) {
        const pages = await listPages(backend, { delimiter: "/", pageSize });
        for (const { objects, prefixes } of pages) {
          assert.ok(objects.length + prefixes.length <= pageSize, `page of ${pageSize}`);
        }
        const told = pages.flatMap(({ objects }) => objects.map(({ key }) => key));
        assert.deepEqual(ordered(told), files);
        assert.deepEqual(ordered(pages.flatMap(({ prefixes }) => [...prefixes])), folders);
      }
    },
    "tells more than 1,000 keys, and only what was asked of them": async ({ backend }) => {
      const keys = Array.from({ length: 1103 }, (_, n) => `many/${String(n).padStart(4, "0")}`);
      await putKeys(backend, [...keys, "other"]);
      assert.deepEqual(await keysOf(backend, { prefix: "many/" }), keys);
      assert.equal((await listKeys(backend)).length, 1104);
      assert.deepEqual(await folded(backend, {}), [["other"], ["many/"]]);
      let seen = 0;
      for await (const page of backend.list({ prefix: "many/", pageSize: 100 })) {
        seen += page.objects.length;
        if (seen >= 300) break;
      }
      assert.ok(seen >= 300 && seen < 1103, "left early");
    },
    "tells each key once while told ones are deleted": async ({ backend }) => {
      const keys = Array.from({ length: 30 }, (_, n) => `k${String(n).padStart(2, "0")}`);
      await putKeys(backend, keys);
      const told: string[] = [];
      for await (const page of backend.list({ pageSize: 4 })) {
        const names = page.objects.map(({ key }) => key);
        told.push(...names);
        await backend.deleteMany(names);
      }
      assert.deepEqual(ordered(told), keys);
    },
  };
  if (expect.keyAndPrefix === "supported" && expect.listsBelowKeys === "supported") {
    cases["tells a key and the prefix of the same name"] = async ({ backend }) => {
      await putKeys(backend, ["a", "a/b", "a/b/c", "a0"]);
      assert.deepEqual(await keysOf(backend), ["a", "a/b", "a/b/c", "a0"]);
      assert.deepEqual(await folded(backend, {}), [["a", "a0"], ["a/"]]);
      assert.deepEqual(await folded(backend, { prefix: "a/" }), [["a/b"], ["a/b/"]]);
    };
  }
  if (expect.orderedListing === "supported") {
    cases["lists in the order of UTF-8 bytes, not of UTF-16 units"] = async ({ backend }) => {
      const keys = ["Z", "a-b", "a.b", "a/b", "a0", "e", "é", "～", "\uFFFD", "\u{1F600}"];
      assert.deepEqual([...keys].sort(compareKeys), keys, "the case's own order");
      await putKeys(backend, [...keys].reverse());
      assert.deepEqual(await listKeys(backend), keys);
      assert.deepEqual(await listKeys(backend, { pageSize: 1 }), keys);
    };
    cases["keeps the order where folders and names share a beginning"] = async ({ backend }) => {
      const keys = ["a!/1", "a-/1", "a.txt", "a/1", "a/2/3", "a/2.5", "a0", "ab/1"].sort(
        compareKeys,
      );
      await putKeys(backend, keys);
      for (const pageSize of [1, 3, 1000]) {
        assert.deepEqual(await listKeys(backend, { pageSize }), keys);
      }
    };
  }
  if (expect.listStartAfter === "supported") {
    cases["starts after a key, whether it exists or not"] = async ({ backend }) => {
      await putKeys(backend, ["a", "b/1", "b/2", "b/3", "c", "\uFFFD", "\u{1F600}"]);
      const after = (startAfter: string, more: ListOptions = {}) =>
        keysOf(backend, { startAfter, ...more });
      assert.deepEqual(await after("b/1"), ["b/2", "b/3", "c", "\uFFFD", "\u{1F600}"]);
      assert.deepEqual(await after("b/10"), ["b/2", "b/3", "c", "\uFFFD", "\u{1F600}"]);
      assert.deepEqual(await after("b/1", { prefix: "b/" }), ["b/2", "b/3"]);
      assert.deepEqual(await after("a", { prefix: "b/" }), ["b/1", "b/2", "b/3"]);
      assert.deepEqual(await after("c", { prefix: "b/" }), []);
      assert.deepEqual(await after("b/1", { prefix: "b/", pageSize: 1 }), ["b/2", "b/3"]);
      assert.deepEqual(await after("\uFFFD"), ["\u{1F600}"]);
      assert.deepEqual(await after("\u{1F600}"), []);
    };
    cases["starts after a key with a delimiter"] = async ({ backend }) => {
      await putKeys(backend, ["a", "b/1", "b/2", "c", "d/1"]);
      assert.deepEqual(await folded(backend, { startAfter: "a" }), [["c"], ["b/", "d/"]]);
      assert.deepEqual(await folded(backend, { startAfter: "c" }), [[], ["d/"]]);
      assert.deepEqual(await folded(backend, { prefix: "b/", startAfter: "b/1" }), [["b/2"], []]);
    };
  }
  return casesOf("list", cases);

  async function folded(backend: Backend, options: ListOptions): Promise<[string[], string[]]> {
    const pages = await listPages(backend, { delimiter: "/", ...options });
    return [
      ordered(pages.flatMap(({ objects }) => objects.map(({ key }) => key))),
      ordered(pages.flatMap(({ prefixes }) => [...prefixes])),
    ];
  }
}
