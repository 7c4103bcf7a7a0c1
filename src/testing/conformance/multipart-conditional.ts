import assert from "node:assert/strict";
import type { ErrorCode } from "../../errors.js";
import type { Backend, MultipartUpload, WriteMode } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertMissing, assertObject, assertRejects, bytesOf } from "./probes.js";

/** `complete` under a condition given at the start. */
export function multipartConditionalCases(expect: Expectations): ConformanceCase[] {
  if (expect.multipartConditional !== "supported") return [];
  return casesOf("multipart", {
    "creates only where nothing is when it completes": async ({ backend }) => {
      const first = await begin(backend, "a", "create", "first");
      const second = await begin(backend, "a", "create", "second");
      await first.complete();
      await assertRejects(second.complete(), "already-exists");
      await second.abort();
      await assertObject(backend, "a", bytesOf("first"));
    },
    "creates nothing where something is already": async ({ backend }) => {
      await backend.put("a", bytesOf("kept"));
      await assertRefused(backend, "create", "already-exists");
      await assertObject(backend, "a", bytesOf("kept"));
    },
    "replaces only the version it was told": async ({ backend }) => {
      const { etag } = await backend.put("a", bytesOf("one"));
      await (await begin(backend, "a", { ifMatch: etag }, "two")).complete();
      await assertRefused(backend, { ifMatch: etag }, "precondition-failed");
      await assertObject(backend, "a", bytesOf("two"));
      await backend.deleteMany(["a"]);
      await assertRefused(backend, { ifMatch: etag }, "precondition-failed");
      await assertMissing(backend, "a");
    },
    "has one winner among racing creators": async ({ backend }) => {
      const uploads = await Promise.all(
        Array.from({ length: 8 }, (_, n) => begin(backend, "a", "create", `creator ${n}`)),
      );
      const outcomes = await Promise.all(
        uploads.map((upload, n) =>
          upload.complete().then(
            () => n,
            async (error: unknown) => {
              await assertRejects(Promise.reject(error), "already-exists", "precondition-failed");
              await upload.abort();
              return undefined;
            },
          ),
        ),
      );
      const winners = outcomes.filter((n) => n !== undefined);
      assert.equal(winners.length, 1, `${winners.length} winners`);
      await assertObject(backend, "a", bytesOf(`creator ${winners[0]}`));
    },
  });
}

/** A condition that is lost already may be told at the start or at the end. */
async function assertRefused(backend: Backend, mode: WriteMode, code: ErrorCode): Promise<void> {
  let upload: MultipartUpload | undefined;
  const attempt = async () => {
    upload = await begin(backend, "a", mode, "refused");
    return upload.complete();
  };
  await assertRejects(attempt(), code);
  await upload?.abort();
}

async function begin(
  backend: Backend,
  key: string,
  mode: WriteMode,
  text: string,
): Promise<MultipartUpload> {
  const upload = await backend.startMultipart(key, { mode });
  await upload.putPart(1, bytesOf(text));
  return upload;
}
