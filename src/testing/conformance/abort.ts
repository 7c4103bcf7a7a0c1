import assert from "node:assert/strict";
import type { Backend, CallOptions } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import {
  assertMissing,
  assertObject,
  assertRejects,
  bytesOf,
  listKeys,
  putKeys,
  randomBytes,
} from "./probes.js";

/** A signal that fires before a call or in the middle of one. */
export function abortCases(_expect: Expectations): ConformanceCase[] {
  return casesOf("abort", {
    "does nothing once the signal has fired": async ({ backend }) => {
      await backend.put("a", bytesOf("kept"));
      const options: CallOptions = { signal: AbortSignal.abort() };
      const calls: Record<string, (backend: Backend) => Promise<unknown>> = {
        get: (b) => b.get("a", options),
        head: (b) => b.head("a", options),
        put: (b) => b.put("new", bytesOf("x"), options),
        overwrite: (b) => b.put("a", bytesOf("x"), options),
        startMultipart: (b) => b.startMultipart("new", options),
        deleteMany: (b) => b.deleteMany(["a"], options),
        copy: (b) => b.copy("a", "new", options),
        list: (b) => b.list(options)[Symbol.asyncIterator]().next(),
      };
      for (const call of Object.values(calls)) await assertRejects(call(backend), "aborted");
      await assertObject(backend, "a", bytesOf("kept"));
      await assertMissing(backend, "new");
      assert.deepEqual(await listKeys(backend), ["a"]);
    },
    "ends a body in the middle": async ({ backend }) => {
      const bytes = randomBytes(8 * 1024 * 1024);
      await backend.put("large", bytes);
      const controller = new AbortController();
      const { body } = await backend.get("large", { signal: controller.signal });
      let received = 0;
      await assertRejects(
        (async () => {
          for await (const chunk of body) {
            received += chunk.length;
            controller.abort();
          }
        })(),
        "aborted",
      );
      assert.ok(received < bytes.length);
      await assertObject(backend, "large", bytes);
    },
    "ends a put in the middle and leaves nothing": async ({ backend }) => {
      await backend.put("kept", bytesOf("old"));
      for (const key of ["kept", "new"]) {
        const controller = new AbortController();
        const body = {
          length: 1_000_000,
          async *stream() {
            yield randomBytes(400_000);
            controller.abort();
            yield randomBytes(600_000);
          },
        };
        await assertRejects(backend.put(key, body, { signal: controller.signal }), "aborted");
      }
      await assertObject(backend, "kept", bytesOf("old"));
      await assertMissing(backend, "new");
      assert.deepEqual(await listKeys(backend), ["kept"]);
    },
    "ends a put whose body has stalled": async ({ backend }) => {
      const controller = new AbortController();
      const body = {
        length: 10,
        async *stream() {
          yield randomBytes(5);
          setTimeout(() => controller.abort(), 20);
          await new Promise(() => undefined);
        },
      };
      await assertRejects(backend.put("a", body, { signal: controller.signal }), "aborted");
      await assertMissing(backend, "a");
    },
    "ends a listing between pages": async ({ backend }) => {
      await putKeys(
        backend,
        Array.from({ length: 12 }, (_, n) => `k${n}`),
      );
      const controller = new AbortController();
      await assertRejects(
        (async () => {
          for await (const _ of backend.list({ pageSize: 3, signal: controller.signal })) {
            controller.abort();
          }
        })(),
        "aborted",
      );
    },
    "refuses a part, and leaves the upload usable": async ({ backend, expect }) => {
      if (expect.multipart !== "supported") return;
      const upload = await backend.startMultipart("a");
      const options = { signal: AbortSignal.abort() };
      await assertRejects(upload.putPart(1, bytesOf("x"), options), "aborted");
      await upload.putPart(1, bytesOf("fine"));
      await assertRejects(upload.complete(options), "aborted");
      await assertMissing(backend, "a");
      await upload.complete();
      await assertObject(backend, "a", bytesOf("fine"));
    },
  });
}
