import assert from "node:assert/strict";
import type { Backend } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { makeParts, partBytes } from "./multipart.js";
import { assertMissing, assertObject, assertRejects, bytesOf } from "./probes.js";

/** Uploads that outlive the object that began them. */
export function multipartResumeCases(expect: Expectations): ConformanceCase[] {
  if (expect.resumableMultipart !== "supported") return [];
  return casesOf("multipart", {
    "goes on from another handle with the parts that are there": async ({ backend, reopen }) => {
      const { parts, whole } = makeParts(backend, 3, 7);
      const options = { partSize: partBytes(backend) };
      const begun = await backend.startMultipart("folder/a", options);
      await begun.putPart(2, parts[1]!);
      await begun.putPart(1, parts[0]!);
      const other = await reopen();
      const resumed = await other.resumeMultipart!("folder/a", begun.id, options);
      const held = await resumed.listParts();
      assert.deepEqual(
        held.map(({ number, size }) => ({ number, size })),
        [1, 2].map((number) => ({ number, size: partBytes(backend) })),
      );
      await resumed.putPart(3, parts[2]!);
      assert.equal((await resumed.complete()).size, whole.length);
      await assertObject(backend, "folder/a", whole);
      await other.close?.();
    },
    "keeps the condition and attributes given when it is resumed": async ({ backend, reopen }) => {
      const mode = expect.multipartConditional === "supported" ? "create" : undefined;
      const contentType = expect.contentType === "supported" ? "text/x-resumed" : undefined;
      const begun = await backend.startMultipart("a", { mode, contentType });
      await begun.putPart(1, bytesOf("late"));
      const other = await reopen();
      const resumed = await other.resumeMultipart!("a", begun.id, { mode, contentType });
      await resumed.listParts();
      if (mode === undefined) {
        await resumed.complete();
      } else {
        await backend.put("a", bytesOf("early"));
        await assertRejects(resumed.complete(), "already-exists");
        await backend.deleteMany(["a"]);
        await resumed.complete();
      }
      await assertObject(backend, "a", bytesOf("late"));
      if (contentType !== undefined) {
        assert.equal((await backend.head("a")).contentType, contentType);
      }
      await other.close?.();
    },
    "lists what is unfinished, by prefix, until it is completed or aborted": async ({
      backend,
      reopen,
    }) => {
      const first = await backend.startMultipart("x/a");
      const second = await backend.startMultipart("x/b");
      const third = await backend.startMultipart("y/c");
      for (const upload of [first, second, third]) await upload.putPart(1, bytesOf("p"));
      const other = await reopen();
      const all = await pending(other);
      assert.deepEqual(
        all.map(({ key, id }) => ({ key, id })).sort(byId),
        [first, second, third].map(({ key, id }) => ({ key, id })).sort(byId),
      );
      for (const { startedAt } of all) assert.ok(!Number.isNaN(startedAt.getTime()));
      assert.deepEqual(
        (await pending(other, "y/")).map(({ key }) => key),
        ["y/c"],
      );
      await first.complete();
      await (await other.resumeMultipart!("x/b", second.id)).abort();
      await third.abort();
      assert.deepEqual(await pending(other), []);
      await assertMissing(backend, "x/b");
      await other.close?.();
    },
    "says not-found of an upload that is over": async ({ backend }) => {
      const upload = await backend.startMultipart("a");
      await upload.putPart(1, bytesOf("x"));
      await upload.abort();
      await assertRejects(
        (async () => (await backend.resumeMultipart!("a", upload.id)).listParts())(),
        "not-found",
      );
    },
  });
}

async function pending(backend: Backend, prefix?: string) {
  const found: { key: string; id: string; startedAt: Date }[] = [];
  for await (const upload of backend.listMultiparts!({ prefix })) found.push(upload);
  return found;
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
