import assert from "node:assert/strict";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertMissing, assertObject, bytesOf, listKeys, putKeys } from "./probes.js";

/** Deletes of one and many. */
export function deleteCases(_expect: Expectations): ConformanceCase[] {
  return casesOf("delete", {
    "deletes an object and nothing else": async ({ backend }) => {
      await putKeys(backend, ["a", "ab", "b/c", "b/d"]);
      assert.deepEqual(await backend.deleteMany(["a", "b/c"]), [{ key: "a" }, { key: "b/c" }]);
      await assertMissing(backend, "a");
      await assertMissing(backend, "b/c");
      assert.deepEqual(new Set(await listKeys(backend)), new Set(["ab", "b/d"]));
    },
    "says nothing against a missing key, twice": async ({ backend }) => {
      for (let n = 0; n < 2; n++) {
        const results = await backend.deleteMany(["missing", "missing/too"]);
        assert.deepEqual(
          results.map(({ key, error }) => [key, error]),
          [
            ["missing", undefined],
            ["missing/too", undefined],
          ],
        );
      }
    },
    "takes no keys at all": async ({ backend }) => {
      assert.deepEqual(await backend.deleteMany([]), []);
    },
    "tells a result for each key in the order given": async ({ backend }) => {
      const keys = Array.from({ length: 60 }, (_, n) => `k${(n * 37) % 60}`);
      await putKeys(backend, keys.slice(0, 40));
      const results = await backend.deleteMany(keys);
      assert.deepEqual(
        results.map(({ key }) => key),
        keys,
      );
      assert.ok(results.every(({ error }) => error === undefined));
      assert.deepEqual(await listKeys(backend), []);
    },
    "deletes as many as it says it takes at once": async ({ backend }) => {
      const count = Math.min(backend.capabilities.deleteBatch, 1000);
      const keys = Array.from({ length: count }, (_, n) => `k${n}`);
      await putKeys(backend, keys);
      assert.equal((await backend.deleteMany(keys)).length, count);
      assert.deepEqual(await listKeys(backend), []);
    },
    "leaves a key free to be written again, as an object or as a folder": async ({ backend }) => {
      await backend.put("a", bytesOf("one"));
      await backend.deleteMany(["a"]);
      await backend.put("a/b", bytesOf("two"));
      await backend.deleteMany(["a/b"]);
      await backend.put("a", bytesOf("three"));
      await assertObject(backend, "a", bytesOf("three"));
    },
    "does not take a prefix for an object": async ({ backend }) => {
      await putKeys(backend, ["folder/a"]);
      await backend.deleteMany(["folder"]);
      await assertObject(backend, "folder/a", bytesOf("folder/a"));
    },
  });
}
