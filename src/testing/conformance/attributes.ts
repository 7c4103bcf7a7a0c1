import assert from "node:assert/strict";
import { type Backend, ObjectStore, type WriteOptions } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertMissing, assertRejects, bytesOf } from "./probes.js";

/** Content type, user metadata and storage class. */
export function attributeCases(expect: Expectations): ConformanceCase[] {
  const cases: Record<string, ConformanceCase["run"]> = {};
  if (expect.contentType === "supported") {
    cases["keeps the content type and forgets it when overwritten"] = async ({ backend }) => {
      await backend.put("a", bytesOf("x"), { contentType: "text/csv; charset=utf-8" });
      assert.equal((await backend.head("a")).contentType, "text/csv; charset=utf-8");
      await backend.put("a", bytesOf("x"));
      assert.notEqual((await backend.head("a")).contentType, "text/csv; charset=utf-8");
    };
    cases["refuses a line break in the content type"] = async ({ backend }) => {
      await assertAllRefused(backend, [
        { contentType: "text/plain\r\nx-evil: 1" },
        { contentType: "text/plain\n" },
      ]);
    };
  }
  if (expect.userMetadata === "supported") {
    cases["keeps metadata and forgets it when overwritten"] = async ({ backend }) => {
      const metadata = { rank: "3", "train-step": "100", note: "a=b; c, d  e" };
      await backend.put("a", bytesOf("x"), { metadata });
      assert.deepEqual({ ...(await backend.head("a")).metadata }, metadata);
      await backend.put("a", bytesOf("x"));
      assert.deepEqual({ ...(await backend.head("a")).metadata }, {});
    };
    cases["refuses a line break in a metadata value or name"] = async ({ backend }) => {
      await assertAllRefused(backend, [
        { metadata: { a: "b\r\nx-evil: 1" } },
        { metadata: { a: "b\rc" } },
        { metadata: { a: "b\nc" } },
        { metadata: { "a\r\nx-evil": "b" } },
        { metadata: { "a: b\nc": "d" } },
      ]);
    };
  }
  if (expect.storageClass === "supported") {
    cases["keeps the storage class"] = async ({ backend }) => {
      const storageClass = expect.storageClassName;
      assert.ok(storageClass !== undefined, "expectations name a storage class");
      await backend.put("a", bytesOf("x"), { storageClass });
      assert.equal((await backend.head("a")).storageClass, storageClass);
    };
  }
  return casesOf("attributes", cases);
}

/** By the store, before any backend sees it. */
async function assertAllRefused(backend: Backend, refused: readonly WriteOptions[]): Promise<void> {
  const store = new ObjectStore(backend);
  await backend.put("source", bytesOf("x"));
  for (const options of refused) {
    await assertRejects(store.put("a", bytesOf("x"), options), "invalid-argument");
    await assertRejects(store.startMultipart("a", options), "invalid-argument");
    await assertRejects(store.copy("source", "a", options), "invalid-argument");
    await assertMissing(backend, "a");
  }
}
