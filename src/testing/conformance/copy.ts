import assert from "node:assert/strict";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertMissing, assertObject, assertRejects, bytesOf, randomBytes } from "./probes.js";

/** Copies within a container. */
export function copyCases(expect: Expectations): ConformanceCase[] {
  const attributes = {
    ...(expect.contentType === "supported" ? { contentType: "application/x-npy" } : {}),
    ...(expect.userMetadata === "supported" ? { metadata: { rank: "3" } } : {}),
  };
  const cases: Record<string, ConformanceCase["run"]> = {
    "copies bytes and keeps attributes": async ({ backend }) => {
      const bytes = randomBytes(100_001);
      await backend.put("a", bytes, attributes);
      const result = await backend.copy("a", "folder/b");
      const head = await backend.head("folder/b");
      assert.equal(result.etag, head.etag);
      assert.equal(result.size, bytes.length);
      if (expect.contentType === "supported") assert.equal(head.contentType, "application/x-npy");
      if (expect.userMetadata === "supported")
        assert.deepEqual({ ...head.metadata }, { rank: "3" });
      await assertObject(backend, "folder/b", bytes);
      await assertObject(backend, "a", bytes);
    },
    "copies an empty object": async ({ backend }) => {
      await backend.put("empty", new Uint8Array(0));
      await backend.copy("empty", "copy");
      await assertObject(backend, "copy", new Uint8Array(0));
    },
    "overwrites, and is independent of its source": async ({ backend }) => {
      await backend.put("a", bytesOf("source"));
      await backend.put("b", bytesOf("a longer target that goes"));
      await backend.copy("a", "b");
      await backend.put("a", bytesOf("changed"));
      await assertObject(backend, "b", bytesOf("source"));
      await backend.deleteMany(["a"]);
      await assertObject(backend, "b", bytesOf("source"));
    },
    "says not-found of a missing source and leaves the target": async ({ backend }) => {
      await backend.put("b", bytesOf("kept"));
      await assertRejects(backend.copy("missing", "b"), "not-found");
      await assertRejects(backend.copy("missing", "c"), "not-found");
      await assertObject(backend, "b", bytesOf("kept"));
      await assertMissing(backend, "c");
    },
    "copies only the version of sourceIfMatch": async ({ backend }) => {
      const { etag } = await backend.put("a", bytesOf("one"));
      await backend.copy("a", "b", { sourceIfMatch: etag });
      await backend.put("a", bytesOf("two"));
      await assertRejects(backend.copy("a", "b", { sourceIfMatch: etag }), "precondition-failed");
      await assertObject(backend, "b", bytesOf("one"));
    },
    "copies onto itself only where that is expected": async ({ backend }) => {
      await backend.put("a", bytesOf("same"));
      if (expect.copyOntoItself === "supported") await backend.copy("a", "a");
      else await assertRejects(backend.copy("a", "a"), "invalid-argument");
      await assertObject(backend, "a", bytesOf("same"));
    },
  };
  if (expect.copyConditional === "supported") {
    cases["copies with create only where nothing is"] = async ({ backend }) => {
      await backend.put("a", bytesOf("one"));
      await backend.copy("a", "b", { mode: "create" });
      await backend.put("a", bytesOf("two"));
      await assertRejects(backend.copy("a", "b", { mode: "create" }), "already-exists");
      await assertObject(backend, "b", bytesOf("one"));
    };
    cases["copies with ifMatch only onto that version"] = async ({ backend }) => {
      await backend.put("a", bytesOf("source"));
      const { etag } = await backend.put("b", bytesOf("old"));
      await backend.copy("a", "b", { mode: { ifMatch: etag } });
      await backend.put("a", bytesOf("later"));
      await assertRejects(
        backend.copy("a", "b", { mode: { ifMatch: etag } }),
        "precondition-failed",
      );
      await assertRejects(
        backend.copy("a", "missing", { mode: { ifMatch: etag } }),
        "precondition-failed",
      );
      await assertObject(backend, "b", bytesOf("source"));
    };
  }
  if (expect.userMetadata === "supported") {
    cases["replaces metadata where new is given"] = async ({ backend }) => {
      await backend.put("a", bytesOf("x"), { metadata: { old: "1" } });
      await backend.copy("a", "b", { metadata: { new: "2" } });
      assert.deepEqual({ ...(await backend.head("b")).metadata }, { new: "2" });
      assert.deepEqual({ ...(await backend.head("a")).metadata }, { old: "1" });
    };
  }
  return casesOf("copy", cases);
}
