import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import type { PutBody } from "../../../src/storage/backend.js";
import { AZURITE, code, makeContainer, readAll, type TestContainer } from "./azurite.js";

const LARGE = 9 * 1024 * 1024;

function streamed(bytes: Uint8Array): PutBody {
  return {
    length: bytes.length,
    async *stream() {
      yield bytes;
    },
  };
}

describe.skipIf(AZURITE === undefined)("Azure conditional writes", () => {
  let box: TestContainer;
  beforeAll(async () => {
    box = await makeContainer();
  });
  afterAll(() => box.remove());

  it("lets exactly one of sixteen create an object, ten times", async () => {
    for (let round = 0; round < 10; round++) {
      const key = `race-${round}`;
      const results = await Promise.allSettled(
        Array.from({ length: 16 }, (_, n) =>
          box.backend.put(key, Buffer.from(`writer ${n}`), { mode: "create" }),
        ),
      );
      const winners = results.flatMap((result, n) => (result.status === "fulfilled" ? [n] : []));
      expect(winners).toHaveLength(1);
      for (const result of results) {
        if (result.status === "rejected")
          expect(result.reason).toMatchObject(code("already-exists"));
      }
      expect((await readAll(box.backend, key)).toString()).toBe(`writer ${winners[0]}`);
    }
  });

  it("lets exactly one of four create a streamed object, whose blocks the others drop", async () => {
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map((n) =>
        box.backend.put("race-large", streamed(Buffer.alloc(LARGE, n)), { mode: "create" }),
      ),
    );
    const winner = results.findIndex((result) => result.status === "fulfilled");
    const losers = results.filter((result) => result.status === "rejected");
    expect(losers.map((loser) => loser.reason.code)).toEqual(new Array(3).fill("already-exists"));
    const read = await readAll(box.backend, "race-large");
    expect(read.equals(Buffer.alloc(LARGE, winner + 1))).toBe(true);
  });

  it("counts to 50 by compare-and-swap of five writers", async () => {
    await box.backend.put("counter", Buffer.from("0"));
    const increment = async (): Promise<void> => {
      for (;;) {
        const result = await box.backend.get("counter");
        let text = "";
        for await (const chunk of result.body) text += Buffer.from(chunk).toString();
        try {
          const mode = { ifMatch: result.meta.etag };
          await box.backend.put("counter", Buffer.from(String(Number(text) + 1)), { mode });
          return;
        } catch (error) {
          if (!isLodeError(error, "precondition-failed")) throw error;
        }
      }
    };
    const writer = async () => {
      for (let n = 0; n < 10; n++) await increment();
    };
    await Promise.all([1, 2, 3, 4, 5].map(writer));
    expect((await readAll(box.backend, "counter")).toString()).toBe("50");
  });

  it("refuses to swap what is missing or changed, small and streamed", async () => {
    const old = (await box.backend.put("swap", Buffer.from("1"))).etag;
    await box.backend.put("swap", Buffer.from("2"));
    for (const body of [Buffer.from("3"), streamed(randomBytes(LARGE))]) {
      for (const key of ["swap", "swap-missing"]) {
        const swap = box.backend.put(key, body, { mode: { ifMatch: old } });
        await expect(swap).rejects.toMatchObject({ code: "precondition-failed", retry: "never" });
      }
    }
    expect((await readAll(box.backend, "swap")).toString()).toBe("2");
  });

  it("reads only the version that is asked for", async () => {
    const { etag } = await box.backend.put("pinned", Buffer.from("version 1"));
    const range = { suffix: 1 };
    expect((await readAll(box.backend, "pinned", { ifMatch: etag, range })).toString()).toBe("1");
    const same = box.backend.get("pinned", { ifNoneMatch: etag });
    await expect(same).rejects.toMatchObject({
      code: "precondition-failed",
      details: { notModified: true },
    });
    await box.backend.put("pinned", Buffer.from("version 2"));
    for (const options of [{ ifMatch: etag }, { ifMatch: etag, range }]) {
      const read = box.backend.get("pinned", options);
      await expect(read).rejects.toMatchObject(code("precondition-failed"));
    }
    expect((await readAll(box.backend, "pinned", { ifNoneMatch: etag })).toString()).toBe(
      "version 2",
    );
  });

  it("copies on the server with conditions on both ends", async () => {
    const metadata = { "my-key": "v" };
    const source = await box.backend.put("from", Buffer.from("copied"), {
      contentType: "text/x",
      metadata,
      storageClass: "Cool",
    });
    const copied = await box.backend.copy("from", "to", {
      mode: "create",
      sourceIfMatch: source.etag,
    });
    expect(copied).toMatchObject({ size: 6, crc32c: source.crc32c });
    expect(await box.backend.head("to")).toMatchObject({
      contentType: "text/x",
      metadata,
      crc32c: source.crc32c,
      etag: copied.etag,
    });
    expect((await readAll(box.backend, "to")).toString()).toBe("copied");
    const again = box.backend.copy("from", "to", { mode: "create" });
    await expect(again).rejects.toMatchObject(code("already-exists"));
    const swap = box.backend.copy("from", "to", { mode: { ifMatch: "0x0" } });
    await expect(swap).rejects.toMatchObject(code("precondition-failed"));
    const moved = box.backend.copy("from", "to2", { sourceIfMatch: "0x0" });
    await expect(moved).rejects.toMatchObject(code("precondition-failed"));
    await expect(box.backend.copy("nothing", "to2")).rejects.toMatchObject(code("not-found"));
    await box.backend.copy("from", "to", { mode: { ifMatch: copied.etag }, storageClass: "hot" });
    expect((await box.backend.head("to")).storageClass).toBe("Hot");
  });

  it("copies with other metadata and another content type", async () => {
    const source = await box.backend.put("typed", Buffer.from("abc"), {
      contentType: "text/a",
      metadata: { a: "1" },
    });
    await box.backend.copy("typed", "typed-2", { metadata: { b: "2" } });
    const renamed = await box.backend.head("typed-2");
    expect(renamed).toMatchObject({ contentType: "text/a", crc32c: source.crc32c });
    expect(renamed.metadata).toEqual({ b: "2" });
    await box.backend.copy("typed", "typed-3", { contentType: "text/b", mode: "create" });
    const retyped = await box.backend.head("typed-3");
    expect(retyped).toMatchObject({ contentType: "text/b", crc32c: source.crc32c });
    expect(retyped.metadata).toEqual({ a: "1" });
  });
});
