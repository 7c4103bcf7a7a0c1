import assert from "node:assert/strict";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import {
  assertObject,
  assertRejects,
  assertSameBytes,
  bytesOf,
  randomBytes,
  readObject,
} from "./probes.js";

/** Whole objects and conditions. */
export function getCases(_expect: Expectations): ConformanceCase[] {
  return casesOf("get", {
    "reads what was put, with its range and facts": async ({ backend }) => {
      const bytes = bytesOf("some bytes");
      const written = await backend.put("a", bytes);
      const result = await backend.get("a");
      assert.deepEqual(result.range, { start: 0, end: bytes.length });
      assert.equal(result.meta.key, "a");
      assert.equal(result.meta.size, bytes.length);
      assert.equal(result.meta.etag, written.etag);
      assert.ok(!Number.isNaN(result.meta.lastModified.getTime()));
      for await (const _ of result.body);
      await assertObject(backend, "a", bytes);
    },
    "reads an object of zero bytes": async ({ backend }) => {
      await backend.put("empty", new Uint8Array(0));
      const { meta, range, body } = await backend.get("empty");
      assert.equal(meta.size, 0);
      assert.deepEqual(range, { start: 0, end: 0 });
      for await (const chunk of body) assert.equal(chunk.length, 0);
    },
    "reads objects around the sizes of buffers": async ({ backend }) => {
      for (const edge of [4096, 65_536, 262_144, 1_048_576]) {
        for (const size of [edge - 1, edge, edge + 1]) {
          const bytes = randomBytes(size, size);
          await backend.put("sized", bytes);
          await assertObject(backend, "sized", bytes);
        }
      }
    },
    "streams an object of many chunks": async ({ backend }) => {
      const bytes = randomBytes(9 * 1024 * 1024 + 3);
      await backend.put("large", bytes);
      await assertObject(backend, "large", bytes);
    },
    "goes on working after a body was left early or never begun": async ({ backend }) => {
      const bytes = randomBytes(2 * 1024 * 1024);
      await backend.put("large", bytes);
      for (let i = 0; i < 20; i++) {
        const { body } = await backend.get("large");
        if (i % 2 === 0) for await (const _ of body) break;
        else await body[Symbol.asyncIterator]().return?.();
      }
      await assertObject(backend, "large", bytes);
    },
    "says not-found of a missing object, also under a condition": async ({ backend }) => {
      await assertRejects(backend.get("missing"), "not-found");
      await assertRejects(backend.get("missing", { range: { start: 1, end: 2 } }), "not-found");
      await assertRejects(
        backend.get("missing", { ifMatch: "0" }),
        "not-found",
        "precondition-failed",
      );
    },
    "reads only the version of ifMatch": async ({ backend }) => {
      const { etag } = await backend.put("a", bytesOf("one"));
      assertSameBytes(await readObject(backend, "a", { ifMatch: etag }), bytesOf("one"), "a");
      await backend.put("a", bytesOf("two!"));
      await assertRejects(backend.get("a", { ifMatch: etag }), "precondition-failed");
      await assertRejects(
        backend.get("a", { ifMatch: etag, range: { start: 0, end: 1 } }),
        "precondition-failed",
      );
    },
    "says that it is not modified by ifNoneMatch": async ({ backend }) => {
      const { etag } = await backend.put("a", bytesOf("one"));
      const error = await assertRejects(
        backend.get("a", { ifNoneMatch: etag }),
        "precondition-failed",
      );
      assert.equal(error.details.notModified, true);
      await backend.put("a", bytesOf("two!"));
      const read = await readObject(backend, "a", { ifNoneMatch: etag });
      assertSameBytes(read, bytesOf("two!"), "a");
    },
  });
}
