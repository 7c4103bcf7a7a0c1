import assert from "node:assert/strict";
import { crc32c } from "../../core/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertRejects, bytesOf, listPages } from "./probes.js";

/** Facts without bytes. */
export function headCases(expect: Expectations): ConformanceCase[] {
  return casesOf("head", {
    "says not-found of a missing object and of a mere prefix": async ({ backend }) => {
      await assertRejects(backend.head("missing"), "not-found");
      await backend.put("folder/a", bytesOf("x"));
      await assertRejects(backend.head("folder"), "not-found");
    },
    "agrees with get and list": async ({ backend }) => {
      const options = {
        ...(expect.contentType === "supported" ? { contentType: "application/x-npy" } : {}),
        ...(expect.userMetadata === "supported" ? { metadata: { rank: "3" } } : {}),
      };
      const written = await backend.put("a", bytesOf("hello"), options);
      const head = await backend.head("a");
      const { meta, body } = await backend.get("a");
      for await (const _ of body);
      for (const fact of ["key", "size", "etag", "contentType", "crc32c", "versionId"] as const) {
        assert.equal(meta[fact], head[fact], fact);
      }
      assert.deepEqual({ ...meta.metadata }, { ...head.metadata });
      assert.equal(seconds(meta.lastModified), seconds(head.lastModified));
      assert.equal(head.key, "a");
      assert.equal(head.size, 5);
      assert.equal(head.etag, written.etag);
      const listed = (await listPages(backend, { prefix: "a" }))[0]?.objects[0];
      assert.equal(listed?.size, 5);
      assert.equal(listed?.etag, written.etag);
      assert.equal(seconds(listed.lastModified), seconds(head.lastModified));
    },
    "tells the checksum exactly where it is expected": async ({ backend }) => {
      const bytes = bytesOf("checked");
      await backend.put("a", bytes, { crc32c: crc32c(bytes) });
      const { crc32c: kept } = await backend.head("a");
      assert.equal(kept, expect.checksumKept === "supported" ? crc32c(bytes) : undefined);
    },
    "tells another etag after a change": async ({ backend }) => {
      const first = await backend.put("a", bytesOf("one"));
      const second = await backend.put("a", bytesOf("two"));
      assert.notEqual(first.etag, second.etag, "same size, other bytes");
      assert.equal((await backend.head("a")).etag, second.etag);
      const again = await backend.put("a", bytesOf("two"));
      assert.equal(again.etag !== second.etag, expect.etagChangesOnRewrite, "same bytes again");
      assert.doesNotMatch(again.etag, /"/);
    },
  });
}

/** HTTP tells whole seconds. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
