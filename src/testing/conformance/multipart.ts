import assert from "node:assert/strict";
import { crc32c } from "../../core/index.js";
import type { Backend, MultipartUpload } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import {
  assertMissing,
  assertObject,
  assertRejects,
  assertSameBytes,
  bytesOf,
  listKeys,
  randomBytes,
  readObject,
} from "./probes.js";

/** Uploads in parts. Resumption and conditions have files of their own. */
export function multipartCases(expect: Expectations): ConformanceCase[] {
  if (expect.multipart !== "supported") return [];
  return casesOf("multipart", {
    "joins parts, the last of any size": async ({ backend }) => {
      const part = partBytes(backend);
      for (const last of [1, part - 1, part, part + 1].filter((size) => size > 0)) {
        const bytes = randomBytes(part + last, last);
        const upload = await backend.startMultipart("a", { partSize: part });
        assert.equal(upload.key, "a");
        await upload.putPart(1, bytes.subarray(0, part));
        const told = await upload.putPart(2, bytes.subarray(part));
        assert.equal(told.number, 2);
        assert.equal(told.size, last);
        const result = await upload.complete();
        assert.equal(result.size, bytes.length);
        assert.equal(result.etag, (await backend.head("a")).etag);
        await assertObject(backend, "a", bytes);
      }
    },
    "takes parts in parallel and out of order, without being told their size": async ({
      backend,
    }) => {
      const { parts, whole } = makeParts(backend, 4, 17);
      const upload = await backend.startMultipart("a");
      await Promise.all([3, 1, 4, 2].map((number) => upload.putPart(number, parts[number - 1]!)));
      assert.equal((await upload.complete()).size, whole.length);
      assertSameBytes(await readObject(backend, "a"), whole, "a");
    },
    "replaces a part that is sent again": async ({ backend }) => {
      const { parts, whole } = makeParts(backend, 2, 5);
      const upload = await backend.startMultipart("a", { partSize: partBytes(backend) });
      await upload.putPart(2, bytesOf("to be replaced, and longer"));
      await upload.putPart(1, randomBytes(partBytes(backend), 99));
      for (const [index, part] of parts.entries()) await upload.putPart(index + 1, part);
      await upload.complete();
      await assertObject(backend, "a", whole);
    },
    "shows nothing before complete and keeps what was there": async ({ backend }) => {
      await backend.put("old", bytesOf("old"));
      for (const key of ["old", "new"]) {
        const upload = await backend.startMultipart(key);
        await upload.putPart(1, bytesOf("fresh"));
        await assertObject(backend, "old", bytesOf("old"));
        await assertMissing(backend, "new");
        assert.deepEqual(await listKeys(backend), ["old"]);
        await upload.abort();
      }
      const upload = await backend.startMultipart("old");
      await upload.putPart(1, bytesOf("fresh"));
      await upload.complete();
      await assertObject(backend, "old", bytesOf("fresh"));
      assert.deepEqual(await listKeys(backend), ["old"]);
    },
    "leaves nothing after abort, which may be repeated": async ({ backend }) => {
      const upload = await backend.startMultipart("a");
      await upload.putPart(1, bytesOf("x"));
      await upload.abort();
      await upload.abort();
      await assertMissing(backend, "a");
      assert.deepEqual(await listKeys(backend), []);
      await assertRejects(upload.putPart(2, bytesOf("y")), "not-found");
      await assertRejects(upload.complete());
      await assertMissing(backend, "a");
    },
    "tells the size of an upload of one part, small or empty": async ({ backend }) => {
      const upload = await backend.startMultipart("one");
      await upload.putPart(1, bytesOf("x"));
      assert.equal((await upload.complete()).size, 1);
      const empty = await backend.startMultipart("empty");
      if (expect.emptyPart === "supported") {
        await empty.putPart(1, new Uint8Array(0));
        assert.equal((await empty.complete()).size, 0);
        await assertObject(backend, "empty", new Uint8Array(0));
      } else {
        await assertRejects(empty.putPart(1, new Uint8Array(0)), "invalid-argument");
        await empty.abort();
      }
    },
    "does with no parts at all what is expected": async ({ backend }) => {
      const upload = await backend.startMultipart("a", { partSize: partBytes(backend) });
      if (expect.noParts === "empty-object") {
        assert.equal((await upload.complete()).size, 0);
        await assertObject(backend, "a", new Uint8Array(0));
      } else {
        await assertRejects(upload.complete(), "invalid-argument");
        await assertMissing(backend, "a");
        await upload.abort();
      }
    },
    "refuses a gap and numbers out of bounds": async ({ backend }) => {
      const { parts } = makeParts(backend, 1, 0);
      const upload = await backend.startMultipart("a", { partSize: partBytes(backend) });
      for (const number of [0, -1, 1.5, backend.capabilities.maxParts + 1]) {
        await assertRejects(upload.putPart(number, parts[0]!), "invalid-argument");
      }
      await upload.putPart(1, parts[0]!);
      await upload.putPart(3, parts[0]!);
      await assertRejects(upload.complete(), "invalid-argument");
      await assertMissing(backend, "a");
      await upload.abort();
    },
    "refuses a part below the smallest size exactly where it says so": async ({ backend }) => {
      assert.equal(backend.capabilities.minPartBytes > 1, expect.smallParts === "refused");
      if (expect.smallParts !== "refused") return;
      const upload = await backend.startMultipart("a");
      await upload.putPart(1, randomBytes(10));
      await upload.putPart(2, randomBytes(10));
      await assertRejects(upload.complete(), "invalid-argument");
      await assertMissing(backend, "a");
      await upload.abort();
    },
    "checks the announced CRC32C of a part": async ({ backend }) => {
      if (expect.putChecksum !== "supported") return;
      const { parts, whole } = makeParts(backend, 2, 9);
      const upload = await backend.startMultipart("a", { partSize: partBytes(backend) });
      const wrong = (crc32c(parts[0]!) ^ 1) >>> 0;
      await assertRejects(upload.putPart(1, parts[0]!, { crc32c: wrong }), "integrity");
      for (const [index, part] of parts.entries()) {
        await upload.putPart(index + 1, part, { crc32c: crc32c(part) });
      }
      await upload.complete();
      const { crc32c: kept } = await backend.head("a");
      const told = expect.multipartChecksumKept === "supported" ? crc32c(whole) : undefined;
      assert.equal(kept, told);
      await assertObject(backend, "a", whole);
    },
    "keeps the content type and metadata given at its start": async ({ backend }) => {
      const contentType = expect.contentType === "supported" ? "application/x-npy" : undefined;
      const metadata = expect.userMetadata === "supported" ? { rank: "1" } : undefined;
      const upload = await backend.startMultipart("a", { contentType, metadata });
      await upload.putPart(1, bytesOf("x"));
      await upload.complete();
      const head = await backend.head("a");
      if (contentType !== undefined) assert.equal(head.contentType, contentType);
      if (metadata !== undefined) assert.deepEqual({ ...head.metadata }, metadata);
    },
    "keeps uploads of one key apart": async ({ backend }) => {
      const uploads: MultipartUpload[] = [];
      for (let n = 0; n < 3; n++) {
        const upload = await backend.startMultipart("a");
        await upload.putPart(1, bytesOf(`upload ${n}`));
        uploads.push(upload);
      }
      assert.equal(new Set(uploads.map(({ id }) => id)).size, 3);
      await uploads[1]!.complete();
      await assertObject(backend, "a", bytesOf("upload 1"));
      await uploads[0]!.abort();
      if (expect.uploadsOutliveWrites === "supported") {
        await uploads[2]!.complete();
        await assertObject(backend, "a", bytesOf("upload 2"));
      } else {
        await assertRejects(uploads[2]!.complete(), "precondition-failed", "not-found");
        await uploads[2]!.abort();
        await assertObject(backend, "a", bytesOf("upload 1"));
      }
    },
  });
}

/** Size of a part that the backend takes before the last. */
export function partBytes(backend: Backend): number {
  return Math.max(backend.capabilities.minPartBytes, 16 * 1024);
}

/** `count` full parts and, if `last` is not 0, a last one of that size instead of the final one. */
export function makeParts(
  backend: Backend,
  count: number,
  last: number,
): { parts: Uint8Array[]; whole: Uint8Array } {
  const size = partBytes(backend);
  const whole = randomBytes(last === 0 ? count * size : (count - 1) * size + last, count);
  const parts = Array.from({ length: count }, (_, n) => whole.subarray(n * size, (n + 1) * size));
  return { parts, whole };
}
