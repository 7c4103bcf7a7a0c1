import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crc32c } from "../../../src/core/crc32c.js";
import { AZURITE, code, makeContainer, readAll, type TestContainer } from "./azurite.js";

const MIB = 1024 * 1024;

function streamed(bytes: Uint8Array, chunk = 100_000) {
  return {
    length: bytes.length,
    async *stream() {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
    },
  };
}

describe.skipIf(AZURITE === undefined)("Azure objects", () => {
  let box: TestContainer;
  beforeAll(async () => {
    box = await makeContainer();
  });
  afterAll(() => box.remove());

  it("keeps bytes, content type, metadata and checksum", async () => {
    const bytes = randomBytes(100_003);
    const metadata = { owner: "ann", "content-hash": "ü=%41", digit: "", "1st": " edge " };
    const written = await box.backend.put("full", bytes, { contentType: "text/x", metadata });
    expect(written).toMatchObject({ size: bytes.length, crc32c: crc32c(bytes) });
    const meta = await box.backend.head("full");
    expect(meta).toMatchObject({
      key: "full",
      size: bytes.length,
      etag: written.etag,
      contentType: "text/x",
      crc32c: crc32c(bytes),
    });
    expect(meta.metadata).toEqual(metadata);
    expect(meta.etag).not.toContain('"');
    const got = await box.backend.get("full");
    expect(got.meta).toMatchObject({ etag: written.etag, crc32c: crc32c(bytes), metadata });
    await got.body[Symbol.asyncIterator]().return?.();
    expect((await readAll(box.backend, "full")).equals(bytes)).toBe(true);
  });

  it("reads ranges from the start, the middle, the end, and past it", async () => {
    const bytes = randomBytes(1000);
    await box.backend.put("ranges", bytes);
    const read = (range: object) => readAll(box.backend, "ranges", { range: range as never });
    expect(await read({ start: 0 })).toEqual(bytes);
    expect(await read({ start: 0, end: 1 })).toEqual(bytes.subarray(0, 1));
    expect(await read({ start: 10, end: 20 })).toEqual(bytes.subarray(10, 20));
    expect(await read({ start: 990, end: 5000 })).toEqual(bytes.subarray(990));
    expect(await read({ start: 999 })).toEqual(bytes.subarray(999));
    expect(await read({ suffix: 7 })).toEqual(bytes.subarray(993));
    expect(await read({ suffix: 5000 })).toEqual(bytes);
    expect((await box.backend.get("ranges", { range: { suffix: 7 } })).range).toEqual({
      start: 993,
      end: 1000,
    });
    await expect(read({ start: 1000 })).rejects.toMatchObject(code("invalid-argument"));
    await expect(read({ start: 2000, end: 2001 })).rejects.toMatchObject(code("invalid-argument"));
  });

  it("reads an empty object whole, from 0, and by its end", async () => {
    for (const body of [new Uint8Array(0), streamed(new Uint8Array(0))]) {
      await box.backend.put("empty", body);
      expect((await box.backend.head("empty")).size).toBe(0);
      for (const range of [undefined, { start: 0 }, { start: 0, end: 5 }, { suffix: 3 }]) {
        const result = await box.backend.get("empty", { range });
        expect(result.range).toEqual({ start: 0, end: 0 });
        expect(await readAll(box.backend, "empty", { range })).toHaveLength(0);
      }
      const beyond = box.backend.get("empty", { range: { start: 1 } });
      await expect(beyond).rejects.toMatchObject(code("invalid-argument"));
    }
  });

  it("fills the caller's memory", async () => {
    const bytes = randomBytes(300_000);
    await box.backend.put("into", bytes);
    const target = Buffer.alloc(200_010, 7);
    const result = await box.backend.readInto("into", { start: 5, end: 200_005 }, target);
    expect(result.bytesRead).toBe(200_000);
    expect(target.subarray(0, 200_000).equals(bytes.subarray(5, 200_005))).toBe(true);
    expect([...target.subarray(200_000)]).toEqual(new Array(10).fill(7));
    const short = box.backend.readInto("into", { start: 0, end: 9 }, Buffer.alloc(8));
    await expect(short).rejects.toMatchObject(code("invalid-argument"));
  });

  it.each([8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB])("streams %i bytes", async (size) => {
    const bytes = randomBytes(size);
    const written = await box.backend.put("streamed", streamed(bytes), { crc32c: crc32c(bytes) });
    expect(written).toMatchObject({ size, crc32c: crc32c(bytes) });
    const read = await readAll(box.backend, "streamed");
    expect(createHash("sha256").update(read).digest("hex")).toBe(
      createHash("sha256").update(bytes).digest("hex"),
    );
  });

  it.each([1000, 9 * MIB])("publishes nothing of a wrong %i byte body", async (size) => {
    const bytes = randomBytes(size);
    const key = `never-${size}`;
    const wrongSum = box.backend.put(key, streamed(bytes), { crc32c: crc32c(bytes) ^ 1 });
    await expect(wrongSum).rejects.toMatchObject(code("integrity"));
    for (const length of [size - 1, size + 1]) {
      const wrongLength = box.backend.put(key, { ...streamed(bytes), length });
      await expect(wrongLength).rejects.toMatchObject(code("invalid-argument"));
    }
    await expect(box.backend.head(key)).rejects.toMatchObject(code("not-found"));
  });

  it("finds bytes that are not those of the checksum beside them", async () => {
    await box.backend.put("changed", Buffer.from("before"));
    const { BlobServiceClient } = await import("@azure/storage-blob");
    const blob = BlobServiceClient.fromConnectionString(AZURITE!)
      .getContainerClient(box.name)
      .getBlockBlobClient("changed");
    const { metadata } = await blob.getProperties();
    await blob.upload("after!", 6, { metadata: metadata! });
    await expect(readAll(box.backend, "changed")).rejects.toMatchObject({
      code: "integrity",
      retry: "safe",
    });
    expect(await readAll(box.backend, "changed", { range: { start: 1, end: 3 } })).toEqual(
      Buffer.from("ft"),
    );
    // Without our checksum, a stored MD5 is believed instead.
    await blob.upload("foreign", 7);
    expect((await readAll(box.backend, "changed")).toString()).toBe("foreign");
    await blob.setHTTPHeaders({ blobContentMD5: Buffer.alloc(16) });
    const answer = readAll(box.backend, "changed");
    await expect(answer).rejects.toMatchObject(code("integrity"));
  });

  it("tells a missing object from a missing container", async () => {
    for (const call of [box.backend.head("nothing"), box.backend.get("nothing")]) {
      await expect(call).rejects.toMatchObject({
        code: "not-found",
        details: { status: 404, providerCode: "BlobNotFound" },
      });
    }
  });

  it("keeps access tiers and tells them", async () => {
    await box.backend.put("tier", Buffer.from("x"), { storageClass: "cool" });
    expect((await box.backend.head("tier")).storageClass).toBe("Cool");
    const page = await box.backend.list({ prefix: "tier" })[Symbol.asyncIterator]().next();
    expect(page.value.objects[0].storageClass).toBe("Cool");
    await box.backend.put("tier", Buffer.from("x"), { storageClass: "Hot" });
    expect((await box.backend.head("tier")).storageClass).toBe("Hot");
    await box.backend.put("tier", streamed(randomBytes(9 * MIB)), { storageClass: "Cool" });
    expect((await box.backend.head("tier")).storageClass).toBe("Cool");
  });

  it("refuses header injection before anything is sent", async () => {
    const body = Buffer.from("x");
    const bad = box.backend.put("inject", body, { contentType: "a\r\nx-ms-y: z" });
    await expect(bad).rejects.toMatchObject(code("invalid-argument"));
    const meta = box.backend.put("inject", body, { metadata: { a: "b\r\nx-ms-y: z" } });
    await expect(meta).rejects.toMatchObject(code("invalid-argument"));
  });

  it("ends a put whose body keeps silent", async () => {
    for (const length of [10, 9 * MIB]) {
      let stopped = false;
      const controller = new AbortController();
      const body = {
        length,
        stream: () => ({
          [Symbol.asyncIterator]: () => ({
            next: () => {
              controller.abort();
              return new Promise<never>(() => {});
            },
            return: async () => {
              stopped = true;
              return { done: true as const, value: undefined };
            },
          }),
        }),
      };
      const put = box.backend.put("silent", body, { signal: controller.signal });
      await expect(put).rejects.toMatchObject(code("aborted"));
      expect(stopped).toBe(true);
    }
    await expect(box.backend.head("silent")).rejects.toMatchObject(code("not-found"));
  });

  it("ends a call whose signal fired, before and during it", async () => {
    await box.backend.put("abort", randomBytes(4 * MIB));
    const gone = { signal: AbortSignal.abort() };
    await expect(box.backend.head("abort", gone)).rejects.toMatchObject(code("aborted"));
    await expect(box.backend.put("abort2", Buffer.from("x"), gone)).rejects.toMatchObject(
      code("aborted"),
    );
    const controller = new AbortController();
    const result = await box.backend.get("abort", { signal: controller.signal });
    const body = result.body[Symbol.asyncIterator]();
    await body.next();
    controller.abort();
    const rest = async () => {
      while ((await body.next()).done !== true);
    };
    await expect(rest()).rejects.toMatchObject(code("aborted"));
  });
});
