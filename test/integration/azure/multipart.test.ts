import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crc32c } from "../../../src/core/crc32c.js";
import type { PendingUpload } from "../../../src/storage/backend.js";
import {
  AZURITE,
  code,
  listAll,
  makeContainer,
  openAzurite,
  readAll,
  type TestContainer,
} from "./azurite.js";

describe.skipIf(AZURITE === undefined)("Azure block uploads", () => {
  let box: TestContainer;
  beforeAll(async () => {
    box = await makeContainer();
  });
  afterAll(() => box.remove());

  async function pending(prefix: string): Promise<PendingUpload[]> {
    const found: PendingUpload[] = [];
    for await (const upload of box.backend.listMultiparts({ prefix })) found.push(upload);
    return found;
  }

  it("takes parts in parallel, out of order and again, and publishes them at once", async () => {
    const parts = [1, 2, 3, 4, 5].map((n) => randomBytes(100_000 + n));
    const upload = await box.backend.startMultipart("blocks", {
      contentType: "text/x",
      metadata: { "a-b": "c" },
      storageClass: "cool",
    });
    await upload.putPart(3, randomBytes(10));
    await Promise.all([5, 3, 1, 4, 2].map((n) => upload.putPart(n, parts[n - 1]!)));
    await expect(box.backend.head("blocks")).rejects.toMatchObject(code("not-found"));
    expect(await listAll(box.backend, { prefix: "blocks" })).toEqual([]);
    const whole = Buffer.concat(parts);
    const done = await upload.complete();
    expect(done).toMatchObject({ size: whole.length, crc32c: crc32c(whole) });
    expect((await readAll(box.backend, "blocks")).equals(whole)).toBe(true);
    expect(await box.backend.head("blocks")).toMatchObject({
      etag: done.etag,
      contentType: "text/x",
      metadata: { "a-b": "c" },
      storageClass: "Cool",
      crc32c: crc32c(whole),
    });
    await upload.abort();
    expect((await readAll(box.backend, "blocks")).equals(whole)).toBe(true);
  });

  it("goes on in another process with what the service holds", async () => {
    const before = Date.now();
    const first = await box.backend.startMultipart("resumed/x");
    await first.putPart(1, Buffer.from("one "));
    await first.putPart(2, Buffer.from("wrong"));
    await first.putPart(2, Buffer.from("two "));
    const [found] = await pending("resumed/");
    expect(found).toMatchObject({ key: "resumed/x", id: first.id });
    expect(found!.startedAt.getTime()).toBeGreaterThanOrEqual(before);

    const other = await openAzurite(box.name);
    const second = await other.resumeMultipart("resumed/x", first.id, { mode: "create" });
    const listed = await second.listParts();
    // Of part 2 the service holds two contents and cannot tell which one counts.
    expect(listed).toEqual([
      { number: 1, size: 4, etag: expect.any(String), crc32c: crc32c(Buffer.from("one ")) },
    ]);
    await second.putPart(2, Buffer.from("two "));
    await second.putPart(3, Buffer.from("three"));
    const done = await second.complete();
    expect(done.crc32c).toBe(crc32c(Buffer.from("one two three")));
    expect((await readAll(other, "resumed/x")).toString()).toBe("one two three");
    expect(await pending("resumed/")).toEqual([]);
    await expect(other.resumeMultipart("resumed/x", first.id)).rejects.toMatchObject(
      code("not-found"),
    );
  });

  it("forgets an aborted upload, in this process and in others", async () => {
    const upload = await box.backend.startMultipart("given-up");
    await upload.putPart(1, Buffer.from("x"));
    await upload.abort();
    await upload.abort();
    expect(await pending("given-up")).toEqual([]);
    await expect(box.backend.resumeMultipart("given-up", upload.id)).rejects.toMatchObject(
      code("not-found"),
    );
    await expect(upload.putPart(2, Buffer.from("y"))).rejects.toMatchObject(code("not-found"));
    await expect(upload.complete()).rejects.toMatchObject(code("not-found"));
    await expect(box.backend.head("given-up")).rejects.toMatchObject(code("not-found"));
    // Azure itself would also let this be a create; the emulator takes unfinished blocks for an object.
    await box.backend.put("given-up", Buffer.from("later"));
    expect((await readAll(box.backend, "given-up")).toString()).toBe("later");
  });

  it("lists an upload without parts, and each one of several to a key", async () => {
    const a = await box.backend.startMultipart("several");
    const b = await box.backend.startMultipart("several");
    expect((await pending("several")).map((upload) => upload.id).sort()).toEqual(
      [a.id, b.id].sort(),
    );
    await a.putPart(1, Buffer.from("a"));
    await b.putPart(1, Buffer.from("b"));
    await a.complete();
    // Azure drops the other upload's blocks with the commit.
    await expect(b.complete()).rejects.toMatchObject(code("not-found"));
    expect((await readAll(box.backend, "several")).toString()).toBe("a");
  });

  it("honours conditions at the end", async () => {
    const exists = await box.backend.put("conditional", Buffer.from("old"));
    const create = await box.backend.startMultipart("conditional", { mode: "create" });
    await create.putPart(1, Buffer.from("new"));
    await expect(create.complete()).rejects.toMatchObject(code("already-exists"));
    const swap = await box.backend.startMultipart("conditional", {
      mode: { ifMatch: exists.etag },
    });
    await swap.putPart(1, Buffer.from("new"));
    await swap.complete();
    expect((await readAll(box.backend, "conditional")).toString()).toBe("new");
    const stale = await box.backend.startMultipart("conditional", {
      mode: { ifMatch: exists.etag },
    });
    await stale.putPart(1, Buffer.from("newer"));
    await expect(stale.complete()).rejects.toMatchObject(code("precondition-failed"));
  });

  it("lets one of eight racing uploads create the object", async () => {
    const uploads = await Promise.all(
      Array.from({ length: 8 }, () => box.backend.startMultipart("raced", { mode: "create" })),
    );
    await Promise.all(uploads.map((upload, n) => upload.putPart(1, Buffer.from(`upload ${n}`))));
    const results = await Promise.allSettled(uploads.map((upload) => upload.complete()));
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject(code("already-exists"));
    }
  });

  it("completes with an empty part, and refuses none, gaps and bad numbers", async () => {
    const none = await box.backend.startMultipart("no-part");
    await expect(none.complete()).rejects.toMatchObject(code("invalid-argument"));
    await none.putPart(1, new Uint8Array(0));
    expect(await none.complete()).toMatchObject({ size: 0, crc32c: 0 });
    expect(await readAll(box.backend, "no-part")).toHaveLength(0);
    const empty = await box.backend.startMultipart("empty-part");
    await empty.putPart(1, Buffer.from("a"));
    await empty.putPart(2, new Uint8Array(0));
    expect(await empty.complete()).toMatchObject({ size: 1 });
    const gap = await box.backend.startMultipart("gap");
    await gap.putPart(2, Buffer.from("x"));
    await expect(gap.complete()).rejects.toMatchObject(code("invalid-argument"));
    for (const number of [0, -1, 1.5, 50_001]) {
      await expect(gap.putPart(number, Buffer.from("x"))).rejects.toMatchObject(
        code("invalid-argument"),
      );
    }
    const sum = gap.putPart(1, Buffer.from("x"), { crc32c: 1 });
    await expect(sum).rejects.toMatchObject(code("integrity"));
    await gap.abort();
  });

  it("completes again after a lost answer", async () => {
    const upload = await box.backend.startMultipart("twice");
    await upload.putPart(1, Buffer.from("same"));
    const twin = await box.backend.resumeMultipart("twice", upload.id);
    await upload.complete();
    await twin.complete();
    expect((await readAll(box.backend, "twice")).toString()).toBe("same");
  });
});
