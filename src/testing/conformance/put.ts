import assert from "node:assert/strict";
import { crc32c } from "../../core/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import {
  assertMissing,
  assertObject,
  assertRejects,
  bytesOf,
  randomBytes,
  streamOf,
} from "./probes.js";

/** Unconditional writes, lengths and checksums. */
export function putCases(_expect: Expectations): ConformanceCase[] {
  return casesOf("put", {
    "tells the size and etag of what it wrote": async ({ backend }) => {
      const result = await backend.put("a", bytesOf("hello"));
      assert.equal(result.size, 5);
      assert.equal(result.etag, (await backend.head("a")).etag);
    },
    "replaces a longer and a shorter object": async ({ backend }) => {
      for (const size of [1000, 10, 2000, 0, 1]) {
        const bytes = randomBytes(size, size + 1);
        await backend.put("a", bytes);
        await assertObject(backend, "a", bytes);
      }
    },
    "takes a stream of uneven chunks, and the same one again": async ({ backend }) => {
      const chunks = [1, 0, 70_000, 3, 262_144, 1_048_577].map((n) => randomBytes(n, n + 1));
      const body = streamOf(chunks);
      const whole = Buffer.concat(chunks);
      for (const key of ["first", "second"]) {
        const { size } = await backend.put(key, body, { crc32c: crc32c(whole) });
        assert.equal(size, whole.length);
        await assertObject(backend, key, whole);
      }
    },
    "takes an empty stream": async ({ backend }) => {
      await backend.put("empty", streamOf([]));
      await assertObject(backend, "empty", new Uint8Array(0));
    },
    "takes part of a larger block of memory": async ({ backend }) => {
      const block = randomBytes(100_000);
      await backend.put("a", block.subarray(333, 70_001));
      await assertObject(backend, "a", block.slice(333, 70_001));
      await backend.put("b", Buffer.from(block.buffer, 5, 11));
      await assertObject(backend, "b", block.slice(5, 16));
    },
    "refuses a body that is shorter or longer than announced, and changes nothing": async ({
      backend,
    }) => {
      const old = bytesOf("old");
      await backend.put("kept", old);
      for (const announced of [99, 101, 1, 100_000]) {
        const body = streamOf([randomBytes(60), randomBytes(40)], announced);
        for (const key of ["kept", "new"]) {
          await assertRejects(
            backend.put(key, body),
            "invalid-argument",
            "incomplete-read",
            "integrity",
          );
        }
      }
      await assertObject(backend, "kept", old);
      await assertMissing(backend, "new");
    },
    "changes nothing when the body fails in the middle": async ({ backend }) => {
      const old = bytesOf("old");
      await backend.put("kept", old);
      const body = {
        length: 200_000,
        async *stream() {
          yield randomBytes(100_000);
          throw new Error("the disk is gone");
        },
      };
      for (const key of ["kept", "new"]) await assert.rejects(backend.put(key, body));
      await assertObject(backend, "kept", old);
      await assertMissing(backend, "new");
    },
    "checks the announced CRC32C before it publishes": async ({ backend, expect }) => {
      if (expect.putChecksum !== "supported") return;
      const old = bytesOf("old");
      const bytes = randomBytes(100_000);
      await backend.put("kept", old);
      const wrong = (crc32c(bytes) ^ 1) >>> 0;
      for (const body of [bytes, streamOf([bytes.subarray(0, 10), bytes.subarray(10)])]) {
        for (const key of ["kept", "new"]) {
          await assertRejects(backend.put(key, body, { crc32c: wrong }), "integrity");
        }
        await backend.put("right", body, { crc32c: crc32c(bytes) });
        await assertObject(backend, "right", bytes);
      }
      await assertObject(backend, "kept", old);
      await assertMissing(backend, "new");
      await assertRejects(backend.put("new", new Uint8Array(0), { crc32c: 1 }), "integrity");
      await backend.put("empty", new Uint8Array(0), { crc32c: 0 });
    },
  });
}
