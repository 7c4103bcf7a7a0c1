import assert from "node:assert/strict";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertMissing, assertObject, assertRejects, bytesOf, listKeys } from "./probes.js";

/** Renames where the provider has them; elsewhere the store copies and deletes. */
export function renameCases(expect: Expectations): ConformanceCase[] {
  if (expect.rename !== "supported") return [];
  return casesOf("rename", {
    "moves an object, over another one too": async ({ backend }) => {
      await backend.put("a", bytesOf("moved"));
      await backend.put("b/old", bytesOf("a longer one that goes"));
      await backend.rename!("a", "b/old");
      await assertMissing(backend, "a");
      await assertObject(backend, "b/old", bytesOf("moved"));
      assert.deepEqual(await listKeys(backend), ["b/old"]);
    },
    "keeps an object renamed to its own name": async ({ backend }) => {
      await backend.put("a", bytesOf("same"));
      await backend.rename!("a", "a");
      await assertObject(backend, "a", bytesOf("same"));
    },
    "says not-found of a missing source and leaves the target": async ({ backend }) => {
      await backend.put("b", bytesOf("kept"));
      await assertRejects(backend.rename!("missing", "b"), "not-found");
      await assertObject(backend, "b", bytesOf("kept"));
    },
    "renames with create only where nothing is": async ({ backend }) => {
      if (expect.copyConditional !== "supported") return;
      await backend.put("a", bytesOf("one"));
      await backend.put("b", bytesOf("two"));
      await assertRejects(backend.rename!("a", "b", { mode: "create" }), "already-exists");
      await assertObject(backend, "a", bytesOf("one"));
      await assertObject(backend, "b", bytesOf("two"));
      await backend.rename!("a", "c", { mode: "create" });
      await assertMissing(backend, "a");
      await assertObject(backend, "c", bytesOf("one"));
    },
    "has one winner when many rename one object": async ({ backend }) => {
      await backend.put("a", bytesOf("one"));
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, n) => backend.rename!("a", `target-${n}`)),
      );
      const won = outcomes.filter(({ status }) => status === "fulfilled").length;
      assert.ok(won >= 1, "nobody won");
      await assertMissing(backend, "a");
      assert.equal((await listKeys(backend)).length, won);
    },
  });
}
