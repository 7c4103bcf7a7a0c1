import { describe, expect, it } from "vitest";
import { parseContentRange } from "../../../../src/storage/backends/s3/open-object.js";
import { collect, errorXml, objectHeaders, withServer } from "./scripted-server.js";

const WHOLE = "0123456789";

function part(range: string, body: string, more: Record<string, string> = {}) {
  return { status: 206, headers: objectHeaders({ "content-range": range, ...more }), body };
}

describe("get", () => {
  it("asks nothing before it and reads all facts from the reply", async () => {
    const headers = objectHeaders({
      "x-amz-meta-who": "=?UTF-8?B?w6k=?=",
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-version-id": "v1",
      "x-amz-checksum-crc32c": "KAwGng==",
      "x-amz-checksum-type": "FULL_OBJECT",
    });
    await withServer([{ headers, body: WHOLE }], async (backend, server) => {
      const { meta, range, body } = await backend.get("k");
      expect((await collect(body)).toString()).toBe(WHOLE);
      expect(range).toEqual({ start: 0, end: 10 });
      expect(meta).toEqual({
        key: "k",
        size: 10,
        etag: "abc",
        lastModified: new Date("2015-10-21T07:28:00Z"),
        contentType: "text/plain",
        metadata: { who: "é" },
        storageClass: "STANDARD_IA",
        versionId: "v1",
        crc32c: 0x280c069e,
      });
      expect(server.seen).toHaveLength(1);
      expect(server.seen[0]?.headers["x-amz-checksum-mode"]).toBe("ENABLED");
    });
  });

  it.each([
    [{ start: 2, end: 5 }, "bytes=2-4", "bytes 2-4/10", "234", { start: 2, end: 5 }],
    [{ start: 7 }, "bytes=7-", "bytes 7-9/10", "789", { start: 7, end: 10 }],
    [{ suffix: 3 }, "bytes=-3", "bytes 7-9/10", "789", { start: 7, end: 10 }],
    [{ suffix: 30 }, "bytes=-30", "bytes 0-9/10", WHOLE, { start: 0, end: 10 }],
    [{ start: 5, end: 99 }, "bytes=5-98", "bytes 5-9/10", "56789", { start: 5, end: 10 }],
  ])("reads the range %o", async (asked, header, told, bytes, range) => {
    await withServer([part(told, bytes)], async (backend, server) => {
      const got = await backend.get("k", { range: asked });
      expect(server.seen[0]?.headers.range).toBe(header);
      expect(got.range).toEqual(range);
      expect(got.meta.size).toBe(10);
      expect((await collect(got.body)).toString()).toBe(bytes);
    });
  });

  it.each([
    ["other bytes", part("bytes 3-5/10", "345")],
    ["fewer bytes", part("bytes 2-3/10", "23")],
    ["no range", { status: 206, headers: objectHeaders(), body: "234" }],
    ["an unknown size", part("bytes 2-4/*", "234")],
    ["a range beyond the end", part("bytes 2-4/3", "234")],
    ["a length that disagrees", part("bytes 2-4/10", "2345")],
    ["several ranges", part("multipart/byteranges", "234")],
  ])("refuses a 206 that tells of %s", async (_, reply) => {
    await withServer([reply], async (backend) => {
      const range = { start: 2, end: 5 };
      await expect(backend.get("k", { range })).rejects.toMatchObject({
        code: "unexpected",
        retry: "safe",
      });
    });
    await withServer([reply], async (backend) => {
      const target = new Uint8Array(3);
      await expect(backend.readInto("k", { start: 2, end: 5 }, target)).rejects.toMatchObject({
        retry: "safe",
      });
    });
  });

  it.each([
    [{ start: 0, end: 4 }, "0123"],
    [{ start: 3, end: 6 }, "345"],
    [{ start: 8 }, "89"],
    [{ suffix: 2 }, "89"],
  ])("takes only %o from a server that ignores ranges", async (range, expected) => {
    await withServer([{ headers: objectHeaders(), body: WHOLE }], async (backend) => {
      const got = await backend.get("k", { range });
      expect((await collect(got.body)).toString()).toBe(expected);
      expect(got.meta.size).toBe(10);
    });
  });

  it("frees the connection of a body that is ended before it was begun", async () => {
    const whole = { headers: objectHeaders(), body: "x".repeat(1_000_000) };
    const once = { maxConnections: 1, idleTimeoutMs: 1000 };
    await withServer(
      [whole, whole],
      async (backend) => {
        // This server ignores the range.
        const { body } = await backend.get("k", { range: { start: 2, end: 500_000 } });
        await body[Symbol.asyncIterator]().return?.();
        expect((await backend.get("k")).meta.size).toBe(1_000_000);
      },
      once,
    );
  });

  it("refuses a 206 where all was asked", async () => {
    await withServer([part("bytes 0-3/10", "0123")], async (backend) => {
      await expect(backend.get("k")).rejects.toMatchObject({ code: "unexpected" });
    });
  });

  it("is an empty result for ranges of an empty object", async () => {
    const refused = { status: 416, body: errorXml("InvalidRange") };
    const empty = { headers: objectHeaders({ "content-length": "0" }) };
    for (const range of [{ start: 0, end: 8 }, { start: 0 }, { suffix: 4 }]) {
      await withServer([refused, empty], async (backend) => {
        const got = await backend.get("k", { range });
        expect(got.range).toEqual({ start: 0, end: 0 });
        expect((await collect(got.body)).length).toBe(0);
      });
    }
    await withServer([refused, empty], async (backend) => {
      const got = await backend.readInto("k", { start: 0, end: 8 }, new Uint8Array(8));
      expect(got).toMatchObject({ bytesRead: 0, range: { start: 0, end: 0 }, meta: { size: 0 } });
    });
  });

  it("refuses a range behind the end", async () => {
    const refused = { status: 416, body: errorXml("InvalidRange") };
    const head = { headers: objectHeaders({ "content-length": "10" }) };
    await withServer([refused, head], async (backend) => {
      await expect(backend.get("k", { range: { start: 10 } })).rejects.toMatchObject({
        code: "invalid-argument",
      });
    });
  });

  it("tells conditions apart", async () => {
    await withServer(
      [{ status: 412, body: errorXml("PreconditionFailed") }, { status: 304 }],
      async (backend, server) => {
        await expect(backend.get("k", { ifMatch: "e" })).rejects.toMatchObject({
          code: "precondition-failed",
        });
        await expect(backend.get("k", { ifNoneMatch: "e" })).rejects.toMatchObject({
          code: "precondition-failed",
          details: { notModified: true },
        });
        expect(server.seen[0]?.headers["if-match"]).toBe('"e"');
        expect(server.seen[1]?.headers["if-none-match"]).toBe('"e"');
      },
    );
  });

  it("ignores a composite checksum", async () => {
    const headers = objectHeaders({
      "x-amz-checksum-crc32c": "KAwGng==",
      "x-amz-checksum-type": "COMPOSITE",
    });
    await withServer([{ headers, body: WHOLE }], async (backend) => {
      const { meta, body } = await backend.get("k");
      await collect(body);
      expect(meta.crc32c).toBeUndefined();
    });
  });
});

describe("readInto", () => {
  it("fills the target from its start", async () => {
    await withServer([part("bytes 2-4/10", "234")], async (backend) => {
      const target = new Uint8Array(5).fill(46);
      const got = await backend.readInto("k", { start: 2, end: 5 }, target);
      expect(got.bytesRead).toBe(3);
      expect(Buffer.from(target).toString()).toBe("234..");
    });
  });

  it.each([
    [{ start: 0, end: 4 }, "0123."],
    [{ start: 3, end: 6 }, "345.."],
  ])("misplaces no byte of a server that ignores ranges (%o)", async (range, expected) => {
    await withServer([{ headers: objectHeaders(), body: WHOLE }], async (backend) => {
      const target = new Uint8Array(5).fill(46);
      await backend.readInto("k", range, target);
      expect(Buffer.from(target).toString()).toBe(expected);
    });
  });

  it("refuses a target that is too small before any request", async () => {
    await withServer([], async (backend, server) => {
      await expect(
        backend.readInto("k", { start: 0, end: 9 }, new Uint8Array(8)),
      ).rejects.toMatchObject({ code: "invalid-argument" });
      expect(server.seen).toHaveLength(0);
    });
  });
});

describe("parseContentRange", () => {
  it("makes the end exclusive", () => {
    expect(parseContentRange("bytes 0-0/1")).toEqual({ start: 0, end: 1, size: 1 });
  });

  it.each([
    "",
    "bytes 0-0/*",
    "bytes */5",
    "bytes 5-4/9",
    "items 0-1/2",
    "bytes 0-9/9",
    "bytes -1-2/9",
  ])("refuses %j", (text) => {
    expect(parseContentRange(text)).toBeUndefined();
  });
});
