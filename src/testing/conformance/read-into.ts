import assert from "node:assert/strict";
import { ObjectStore } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertRejects, assertSameBytes, randomBytes } from "./probes.js";

/** Reads into the caller's memory; where the backend cannot, the store does it by `get`. */
export function readIntoCases(_expect: Expectations): ConformanceCase[] {
  return casesOf("read-into", {
    "fills the target with the range and leaves the rest alone": async ({ backend }) => {
      const bytes = randomBytes(100_000);
      const { etag } = await backend.put("a", bytes);
      const store = new ObjectStore(backend);
      for (const [start, end] of [
        [0, 1],
        [0, 100_000],
        [511, 513],
        [4096, 8192],
        [4095, 8193],
        [99_999, 100_000],
      ] as const) {
        const memory = new Uint8Array(end - start + 32).fill(0xee);
        const target = memory.subarray(7, memory.length - 9);
        const result = await store.readInto("a", { start, end }, target);
        assert.equal(result.bytesRead, end - start);
        assert.deepEqual(result.range, { start, end });
        assert.equal(result.meta.size, bytes.length);
        assert.equal(result.meta.etag, etag);
        assertSameBytes(target.subarray(0, end - start), bytes.subarray(start, end), "range");
        const around = [...memory.subarray(0, 7), ...memory.subarray(7 + end - start)];
        assert.ok(
          around.every((byte) => byte === 0xee),
          "memory around the range",
        );
      }
    },
    "tells how much there was where the object ends before the range": async ({ backend }) => {
      const bytes = randomBytes(1000);
      await backend.put("a", bytes);
      const target = new Uint8Array(500);
      const store = new ObjectStore(backend);
      const result = await store.readInto("a", { start: 900, end: 1400 }, target);
      assert.equal(result.bytesRead, 100);
      assert.deepEqual(result.range, { start: 900, end: 1000 });
      assertSameBytes(target.subarray(0, 100), bytes.subarray(900), "tail");
    },
    "reads large ranges exactly": async ({ backend }) => {
      const bytes = randomBytes(5 * 1024 * 1024 + 7);
      await backend.put("large", bytes);
      const target = new Uint8Array(bytes.length);
      const store = new ObjectStore(backend);
      await store.readInto("large", { start: 0, end: bytes.length }, target);
      assertSameBytes(target, bytes, "large");
      await Promise.all(
        Array.from({ length: 5 }, (_, part) => {
          const start = part * 1024 * 1024 + 1;
          const end = start + 1024 * 1024;
          return store.readInto("large", { start, end }, target.subarray(start, end));
        }),
      );
      assertSameBytes(target, bytes, "large");
    },
    "refuses a missing object, another version, a start behind the end and a small target": async ({
      backend,
    }) => {
      const store = new ObjectStore(backend);
      const target = new Uint8Array(10);
      const range = { start: 0, end: 5 };
      await assertRejects(store.readInto("missing", range, target), "not-found");
      const { etag } = await backend.put("a", randomBytes(10));
      await backend.put("a", randomBytes(11));
      await assertRejects(
        store.readInto("a", range, target, { ifMatch: etag }),
        "precondition-failed",
      );
      await assertRejects(store.readInto("a", { start: 11, end: 12 }, target), "invalid-argument");
      await assertRejects(store.readInto("a", { start: 0, end: 11 }, target), "invalid-argument");
    },
  });
}
