import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { crc32c, crc32cToBase64 } from "../../../../src/core/index.js";
import { EMPTY_SHA256 } from "../../../../src/storage/backends/s3/sigv4.js";
import { errorXml, type Reply, withServer } from "./scripted-server.js";

const BODY = Buffer.from("hello");
const CRC = crc32cToBase64(crc32c(BODY));
const STORED: Reply = { headers: { etag: '"e1"', "x-amz-checksum-crc32c": CRC } };
const REFUSED: Reply = { status: 501, body: errorXml("NotImplemented") };

describe("put", () => {
  it("sends checksum, attributes and, over plain http, the payload's hash", async () => {
    await withServer([STORED], async (backend, server) => {
      const result = await backend.put("k", BODY, {
        contentType: "text/plain",
        metadata: { who: "é", plain: "a b" },
        storageClass: "STANDARD_IA",
        mode: "create",
      });
      expect(result).toEqual({ etag: "e1", size: 5, crc32c: crc32c(BODY) });
      expect(server.seen[0]?.headers).toMatchObject({
        "content-length": "5",
        "content-type": "text/plain",
        "x-amz-meta-who": "=?UTF-8?B?w6k=?=",
        "x-amz-meta-plain": "a b",
        "x-amz-storage-class": "STANDARD_IA",
        "if-none-match": "*",
        "x-amz-checksum-crc32c": CRC,
        "x-amz-sdk-checksum-algorithm": "CRC32C",
        "x-amz-content-sha256": createHash("sha256").update(BODY).digest("hex"),
      });
      expect(server.seen[0]?.body.toString()).toBe("hello");
    });
  });

  it("reads a replayable body once more for its digests, and streams it", async () => {
    let reads = 0;
    const body = {
      length: 5,
      async *stream() {
        reads++;
        yield Buffer.from("he");
        yield Buffer.from("llo");
      },
    };
    await withServer([STORED], async (backend, server) => {
      await backend.put("k", body);
      expect(reads).toBe(2);
      expect(server.seen[0]?.body.toString()).toBe("hello");
      expect(server.seen[0]?.headers["x-amz-checksum-crc32c"]).toBe(CRC);
    });
  });

  it("reads it once where nothing must be known before", async () => {
    let reads = 0;
    const body = {
      length: 5,
      async *stream() {
        reads++;
        yield BODY;
      },
    };
    await withServer(
      [STORED],
      async (backend, server) => {
        await backend.put("k", body, { crc32c: crc32c(BODY) });
        expect(reads).toBe(1);
        expect(server.seen[0]?.headers["x-amz-content-sha256"]).toBe("UNSIGNED-PAYLOAD");
      },
      { payloadSigning: "never" },
    );
  });

  it("refuses a body of another length than announced", async () => {
    const body = {
      length: 6,
      async *stream() {
        yield BODY;
      },
    };
    await withServer([], async (backend, server) => {
      await expect(backend.put("k", body)).rejects.toMatchObject({ code: "invalid-argument" });
      expect(server.seen).toHaveLength(0);
    });
  });

  it.each([
    ["create", 412, "PreconditionFailed", "already-exists", "never"],
    ["create", 409, "ConditionalRequestConflict", "precondition-failed", "safe"],
    [{ ifMatch: "e0" }, 412, "PreconditionFailed", "precondition-failed", "never"],
    [{ ifMatch: "e0" }, 404, "NoSuchKey", "precondition-failed", "never"],
    [{ ifMatch: "e0" }, 404, "NoSuchBucket", "not-found", "never"],
  ] as const)("mode %o: %i %s is %s, retry %s", async (mode, status, code, expected, retry) => {
    await withServer([{ status, body: errorXml(code) }], async (backend) => {
      await expect(backend.put("k", BODY, { mode })).rejects.toMatchObject({
        code: expected,
        retry,
      });
    });
  });

  it.each([
    { contentType: "a\r\nx-amz-acl: public-read" },
    { metadata: { a: "b\nc" } },
    { metadata: { "a b": "c" } },
    { storageClass: "A\rB" },
  ])("refuses %o before the socket", async (options) => {
    await withServer([], async (backend, server) => {
      await expect(backend.put("k", BODY, options)).rejects.toMatchObject({
        code: "invalid-argument",
      });
      await expect(backend.startMultipart("k", options)).rejects.toMatchObject({
        code: "invalid-argument",
      });
      await expect(backend.copy("a", "k", options)).rejects.toMatchObject({
        code: "invalid-argument",
      });
      expect(server.seen).toHaveLength(0);
    });
  });
});

describe("checksums", () => {
  it("auto: goes on without them on a server that refuses, and warns once", async () => {
    const warnings: string[] = [];
    const plain: Reply = { headers: { etag: '"e"' } };
    await withServer(
      [REFUSED, plain, plain],
      async (backend, server) => {
        await backend.put("a", BODY);
        await backend.put("b", BODY);
        expect(server.seen.map(({ headers }) => headers["x-amz-checksum-crc32c"])).toEqual([
          CRC,
          undefined,
          undefined,
        ]);
        expect(warnings).toHaveLength(1);
      },
      { onWarning: (message) => warnings.push(message) },
    );
  });

  it("auto: warns once of a server that does not confirm them", async () => {
    const warnings: string[] = [];
    const plain: Reply = { headers: { etag: '"e"' } };
    await withServer(
      [plain, plain],
      async (backend) => {
        await backend.put("a", BODY);
        await backend.put("b", BODY);
        expect(warnings).toHaveLength(1);
      },
      { onWarning: (message) => warnings.push(message) },
    );
  });

  it("auto: a call refused for another reason fails as it is, without a warning", async () => {
    const warnings: string[] = [];
    const bad: Reply = { status: 400, body: errorXml("InvalidArgument") };
    await withServer(
      [bad, bad, STORED],
      async (backend, server) => {
        await expect(backend.put("a", BODY)).rejects.toMatchObject({ code: "invalid-argument" });
        await backend.put("b", BODY);
        expect(server.seen[2]?.headers["x-amz-checksum-crc32c"]).toBe(CRC);
        expect(warnings).toHaveLength(0);
      },
      { onWarning: (message) => warnings.push(message) },
    );
  });

  it("auto: a mismatch is never taken for a server without them", async () => {
    await withServer(
      [{ status: 400, body: errorXml("XAmzContentChecksumMismatch") }],
      async (backend, server) => {
        await expect(backend.put("a", BODY)).rejects.toMatchObject({ code: "integrity" });
        expect(server.seen).toHaveLength(1);
      },
    );
  });

  it("required: fails on a server that refuses or does not confirm", async () => {
    await withServer(
      [REFUSED, { headers: { etag: '"e"' } }],
      async (backend, server) => {
        await expect(backend.put("a", BODY)).rejects.toMatchObject({ code: "unsupported" });
        await expect(backend.put("a", BODY)).rejects.toMatchObject({ code: "unsupported" });
        expect(server.seen).toHaveLength(2);
      },
      { checksum: "required" },
    );
  });

  it("off: sends none, and says so in the capabilities", async () => {
    await withServer(
      [{ headers: { etag: '"e"' } }],
      async (backend, server) => {
        await backend.put("a", BODY);
        expect(server.seen[0]?.headers["x-amz-checksum-crc32c"]).toBeUndefined();
        expect(backend.capabilities.putChecksum).toBe(false);
      },
      { checksum: "off" },
    );
  });

  it("finds another checksum than was sent", async () => {
    const other = { headers: { etag: '"e"', "x-amz-checksum-crc32c": "AAAAAA==" } };
    await withServer([other], async (backend) => {
      await expect(backend.put("a", BODY)).rejects.toMatchObject({
        code: "integrity",
        retry: "safe",
      });
    });
  });
});

describe("payload signing", () => {
  it.each([
    ["never", "UNSIGNED-PAYLOAD"],
    ["always", createHash("sha256").update(BODY).digest("hex")],
    ["auto", createHash("sha256").update(BODY).digest("hex")],
  ] as const)("%s over http", async (payloadSigning, expected) => {
    await withServer(
      [STORED, { headers: { etag: '"e"', "content-length": "0" } }],
      async (backend, server) => {
        await backend.put("k", BODY);
        await backend.head("k");
        expect(server.seen[0]?.headers["x-amz-content-sha256"]).toBe(expected);
        expect(server.seen[1]?.headers["x-amz-content-sha256"]).toBe(EMPTY_SHA256);
      },
      { payloadSigning },
    );
  });
});
