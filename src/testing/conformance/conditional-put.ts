import assert from "node:assert/strict";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertMissing, assertObject, assertRejects, bytesOf, streamOf } from "./probes.js";

/** Create-only and compare-and-swap, without a race; the races are under `concurrency`. */
export function conditionalPutCases(expect: Expectations): ConformanceCase[] {
  return [
    ...(expect.putIfAbsent === "supported" ? createCases() : []),
    ...(expect.putIfMatch === "supported" ? matchCases() : []),
  ];
}

function createCases(): ConformanceCase[] {
  return casesOf("conditional-put", {
    "creates once and then says already-exists": async ({ backend }) => {
      const one = bytesOf("one");
      const { etag } = await backend.put("a", one, { mode: "create" });
      assert.equal(etag, (await backend.head("a")).etag);
      for (const body of [bytesOf("two"), streamOf([bytesOf("two")]), one, new Uint8Array(0)]) {
        await assertRejects(backend.put("a", body, { mode: "create" }), "already-exists");
      }
      await assertObject(backend, "a", one);
    },
    "creates again after a delete": async ({ backend }) => {
      await backend.put("a", bytesOf("one"), { mode: "create" });
      await backend.deleteMany(["a"]);
      await backend.put("a", bytesOf("two"), { mode: "create" });
      await assertObject(backend, "a", bytesOf("two"));
    },
    "creates an empty object once": async ({ backend }) => {
      await backend.put("empty", new Uint8Array(0), { mode: "create" });
      await assertRejects(
        backend.put("empty", new Uint8Array(0), { mode: "create" }),
        "already-exists",
      );
    },
  });
}

function matchCases(): ConformanceCase[] {
  return casesOf("conditional-put", {
    "replaces the version it was told and no other": async ({ backend }) => {
      const first = await backend.put("a", bytesOf("one"));
      const second = await backend.put("a", bytesOf("two"), { mode: { ifMatch: first.etag } });
      assert.notEqual(second.etag, first.etag);
      await assertRejects(
        backend.put("a", bytesOf("three"), { mode: { ifMatch: first.etag } }),
        "precondition-failed",
      );
      await assertObject(backend, "a", bytesOf("two"));
    },
    "says precondition-failed of a missing object": async ({ backend }) => {
      const { etag } = await backend.put("a", bytesOf("one"));
      await backend.deleteMany(["a"]);
      await assertRejects(
        backend.put("a", bytesOf("two"), { mode: { ifMatch: etag } }),
        "precondition-failed",
      );
      await assertMissing(backend, "a");
    },
  });
}
