import assert from "node:assert/strict";
import { type Backend, ObjectStore, type PutOptions } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertMissing, assertRejects, bytesOf } from "./probes.js";

/** Methods that exist exactly where a capability says so. */
const METHODS = {
  resumeMultipart: "resumableMultipart",
  listMultiparts: "resumableMultipart",
  presign: "presign",
  rename: "rename",
  createContainer: "containers",
  deleteContainer: "containers",
  listContainers: "containers",
} as const satisfies Partial<Record<keyof Backend, keyof Expectations>>;

/** Options of `put` that a store refuses where its backend would ignore them. */
const PUT_OPTIONS = {
  putIfAbsent: { mode: "create" },
  putIfMatch: { mode: { ifMatch: "0" } },
  contentType: { contentType: "text/plain" },
  userMetadata: { metadata: { a: "b" } },
  storageClass: { storageClass: "COLD" },
} as const satisfies Partial<Record<keyof Expectations, PutOptions>>;

/** Claims against expectations, and refusals of what is denied. */
export function capabilityCases(expect: Expectations): ConformanceCase[] {
  return casesOf("capabilities", {
    "claims what is expected of it": async ({ backend }) => {
      const claims: Record<string, string> = {};
      const expected: Record<string, unknown> = {};
      for (const [name, claim] of Object.entries(backend.capabilities)) {
        if (typeof claim !== "boolean") continue;
        claims[name] = claim ? "supported" : "not-supported";
        expected[name] = expect[name as keyof Expectations];
      }
      assert.deepEqual(claims, expected);
    },
    "has a method exactly where it claims the capability": async ({ backend }) => {
      for (const [method, capability] of Object.entries(METHODS)) {
        assert.equal(
          backend[method as keyof typeof METHODS] !== undefined,
          backend.capabilities[capability],
          method,
        );
      }
      if (backend.capabilities.readInto) assert.ok(backend.readInto !== undefined, "readInto");
    },
    "tells limits that make sense": async ({ backend }) => {
      const limits = backend.capabilities;
      for (const limit of ["maxPartBytes", "maxParts", "maxPutBytes", "deleteBatch"] as const) {
        assert.ok(Number.isSafeInteger(limits[limit]) && limits[limit] >= 1, limit);
      }
      assert.ok(limits.minPartBytes >= 0 && limits.minPartBytes <= limits.maxPartBytes);
    },
    "has a URI of its scheme, without a slash at the end or a secret": async ({ backend }) => {
      assert.ok(backend.uri.startsWith(`${backend.scheme}://`), backend.uri);
      assert.ok(!backend.uri.endsWith("/") && !/[?#]|\/\/[^/]*:[^/]*@/.test(backend.uri));
    },
    "has every option refused that it would ignore": async ({ backend }) => {
      const store = new ObjectStore(backend);
      for (const [capability, options] of Object.entries(PUT_OPTIONS)) {
        if (expect[capability as keyof typeof PUT_OPTIONS] === "supported") continue;
        await assertRejects(store.put("refused", bytesOf("x"), options), "unsupported");
        await assertMissing(backend, "refused");
      }
    },
    "has a second handle that sees the same objects": async ({ backend, reopen }) => {
      const other = await reopen();
      await backend.put("shared", bytesOf("x"));
      assert.equal((await other.head("shared")).size, 1);
      await other.deleteMany(["shared"]);
      await assertMissing(backend, "shared");
      await other.close?.();
    },
  });
}
