import assert from "node:assert/strict";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertObject, assertRejects, assertSameBytes, bytesOf, randomBytes } from "./probes.js";

/** URLs that let anybody do one thing for a while. */
export function presignCases(expect: Expectations): ConformanceCase[] {
  if (expect.presign !== "supported") return [];
  return casesOf("presign", {
    "reads through a URL, also of an odd key": async ({ backend }) => {
      for (const key of ["folder/a", "a b+c&d=e%2F?#é"]) {
        const bytes = randomBytes(1000);
        await backend.put(key, bytes);
        const response = await fetch(await backend.presign!(key, { expiresIn: 60 }));
        assert.equal(response.status, 200, `GET of ${key}`);
        assertSameBytes(new Uint8Array(await response.arrayBuffer()), bytes, key);
      }
    },
    "does nothing but what the URL is for": async ({ backend }) => {
      await backend.put("a", bytesOf("kept"));
      const url = await backend.presign!("a", { method: "GET" });
      const response = await fetch(url, { method: "DELETE" });
      assert.ok(response.status >= 400, `DELETE answered ${response.status}`);
      await assertObject(backend, "a", bytesOf("kept"));
    },
    "refuses a lifetime out of bounds": async ({ backend }) => {
      for (const expiresIn of [0, -1, 604_801]) {
        await assertRejects(backend.presign!("a", { expiresIn }), "invalid-argument");
      }
    },
  });
}
