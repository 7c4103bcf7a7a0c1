import { describe, expect, it } from "vitest";
import { crc32c, crc32cToBase64 } from "../../../../src/core/index.js";
import { multipartEtag } from "../../../../src/storage/backends/s3/complete-upload.js";
import { errorXml, objectHeaders, type Reply, type Script, withServer } from "./scripted-server.js";

const A = Buffer.from("aaaa");
const B = Buffer.from("bb");
const WHOLE = crc32cToBase64(crc32c(Buffer.from("aaaabb")));
const ETAGS = ["74b87337454200d4d33f80c4663dc5e5", "21ad0bd836b90d08f4cf640b4c298e7c"];

const CREATED = (headers: Record<string, string> = {}): Reply => ({
  headers: { "x-amz-checksum-algorithm": "CRC32C", ...headers },
  body: "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>",
});
const COMPLETED: Reply = {
  body: "<CompleteMultipartUploadResult><ETag>&quot;whole-2&quot;</ETag></CompleteMultipartUploadResult>",
};

/** Answers everything but the completion, which gets the given replies in turn, and HEAD. */
function script(completions: Reply[], head: Reply = { status: 404 }, created = CREATED()): Script {
  return ({ method, url, headers }) => {
    if (method === "POST" && url.includes("uploads=")) return created;
    if (method === "POST") return completions.shift() ?? { status: 500, body: "over" };
    if (method === "HEAD") return head;
    if (method === "PUT") {
      const number = Number(/partNumber=(\d+)/.exec(url)?.[1]);
      const crc = headers["x-amz-checksum-crc32c"];
      return {
        headers: {
          etag: `"${ETAGS[number - 1]}"`,
          ...(crc === undefined ? {} : { "x-amz-checksum-crc32c": String(crc) }),
        },
      };
    }
    return { status: 204 };
  };
}

describe("complete", () => {
  it("sends parts in order, each with its checksum, and none of the whole for a composite", async () => {
    await withServer(script([COMPLETED]), async (backend, server) => {
      const upload = await backend.startMultipart("k", { mode: "create", contentType: "a/b" });
      await upload.putPart(2, B);
      await upload.putPart(1, A);
      expect(await upload.complete()).toEqual({
        etag: "whole-2",
        size: 6,
        crc32c: crc32c(Buffer.from("aaaabb")),
      });
      const [create, second, , complete] = server.seen;
      expect(create?.url).toBe("/bucket/k?uploads=");
      expect(create?.headers).toMatchObject({
        "content-type": "a/b",
        "x-amz-checksum-algorithm": "CRC32C",
        "x-amz-checksum-type": "FULL_OBJECT",
      });
      expect(second?.url).toBe("/bucket/k?partNumber=2&uploadId=u%2F1");
      expect(complete?.headers["if-none-match"]).toBe("*");
      expect(complete?.headers["x-amz-checksum-crc32c"]).toBeUndefined();
      const part = (bytes: Buffer, n: number) =>
        `<Part><ChecksumCRC32C>${crc32cToBase64(crc32c(bytes))}</ChecksumCRC32C><ETag>"${ETAGS[n - 1]}"</ETag><PartNumber>${n}</PartNumber></Part>`;
      expect(complete?.body.toString()).toContain(part(A, 1) + part(B, 2));
    });
  });

  it("sends the combined checksum where the server takes it for the whole object", async () => {
    const created = CREATED({ "x-amz-checksum-type": "FULL_OBJECT" });
    await withServer(script([COMPLETED], undefined, created), async (backend, server) => {
      const upload = await backend.startMultipart("k");
      await upload.putPart(1, A);
      await upload.putPart(2, B);
      await upload.complete();
      expect(server.seen[3]?.headers).toMatchObject({
        "x-amz-checksum-crc32c": WHOLE,
        "x-amz-checksum-type": "FULL_OBJECT",
      });
    });
  });

  it.each([
    ["at once", errorXml("InternalError")],
    ["behind white space that kept the connection alive", `  \n\n  ${errorXml("InternalError")}`],
  ])("finds an error under status 200, %s", async (_, body) => {
    await withServer(script([{ body }, COMPLETED]), async (backend) => {
      const upload = await backend.startMultipart("k");
      await upload.putPart(1, A);
      await expect(upload.complete()).rejects.toMatchObject({
        code: "unexpected",
        retry: "safe",
        details: { providerCode: "InternalError", errorUnderStatus: 200 },
      });
      expect((await upload.complete()).etag).toBe("whole-2");
    });
  });

  it.each([
    ["cut short", "<CompleteMultipartUploadResult><ETag>"],
    ["empty", ""],
    ["something else", "<html>ok</html>"],
  ])("takes a reply that is %s for a failure", async (_, body) => {
    await withServer(script([{ body }]), async (backend) => {
      const upload = await backend.startMultipart("k");
      await upload.putPart(1, A);
      await expect(upload.complete()).rejects.toMatchObject({ code: "unexpected", retry: "safe" });
    });
  });

  const gone: Reply = { status: 404, body: errorXml("NoSuchUpload") };
  const parts = ETAGS.map((etag, i) => ({ number: i + 1, size: [4, 2][i] ?? 0, etag }));
  const mine: Reply = {
    headers: objectHeaders({ etag: `"${multipartEtag(parts)}"`, "content-length": "6" }),
  };
  const others: Reply = { headers: objectHeaders({ etag: '"0-2"', "content-length": "6" }) };

  async function lostReply(
    second: Reply,
    head: Reply,
    mode: "create" | "overwrite",
  ): Promise<unknown> {
    let outcome: unknown;
    await withServer(script([{ cut: true }, second], head), async (backend) => {
      const upload = await backend.startMultipart("k", { mode });
      await upload.putPart(1, A);
      await upload.putPart(2, B);
      await expect(upload.complete()).rejects.toMatchObject({ retry: "safe" });
      outcome = await upload.complete().catch((error: unknown) => error);
    });
    return outcome;
  }

  it.each(["create", "overwrite"] as const)(
    "after a lost reply, an upload that is gone and whose object is there is a success (%s)",
    async (mode) => {
      expect(await lostReply(gone, mine, mode)).toMatchObject({ size: 6 });
    },
  );

  it("after a lost reply, an object that is ours refutes already-exists", async () => {
    const exists: Reply = { status: 412, body: errorXml("PreconditionFailed") };
    expect(await lostReply(exists, mine, "create")).toMatchObject({ size: 6 });
    expect(await lostReply(exists, others, "create")).toMatchObject({ code: "already-exists" });
  });

  it("after a lost reply, another object or none is a failure", async () => {
    expect(await lostReply(gone, others, "overwrite")).toMatchObject({ code: "not-found" });
    expect(await lostReply(gone, { status: 404 }, "overwrite")).toMatchObject({
      code: "not-found",
    });
  });

  it("without a lost reply, another writer's equal object is no success of ours", async () => {
    const exists: Reply = { status: 412, body: errorXml("PreconditionFailed") };
    await withServer(script([exists], mine), async (backend) => {
      const upload = await backend.startMultipart("k", { mode: "create" });
      await upload.putPart(1, A);
      await upload.putPart(2, B);
      await expect(upload.complete()).rejects.toMatchObject({ code: "already-exists" });
    });
  });

  it("refuses a gap in the parts", async () => {
    await withServer(script([COMPLETED]), async (backend) => {
      const upload = await backend.startMultipart("k");
      await upload.putPart(2, B);
      await expect(upload.complete()).rejects.toMatchObject({ code: "invalid-argument" });
    });
  });
});

describe("parts", () => {
  it.each([0, 10_001, 1.5])("refuses the number %d", async (number) => {
    await withServer(script([]), async (backend) => {
      const upload = await backend.startMultipart("k");
      await expect(upload.putPart(number, A)).rejects.toMatchObject({ code: "invalid-argument" });
    });
  });

  const page = (number: number, truncated: boolean, next: string) =>
    `<ListPartsResult><IsTruncated>${truncated}</IsTruncated><NextPartNumberMarker>${next}</NextPartNumberMarker>` +
    `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${ETAGS[number - 1]}&quot;</ETag><Size>4</Size></Part></ListPartsResult>`;

  it("are listed page by page, and completed by an upload that was taken up", async () => {
    await withServer(
      ({ method, url }) => {
        if (method === "POST") return COMPLETED;
        return { body: url.includes("marker=1") ? page(2, false, "") : page(1, true, "1") };
      },
      async (backend, server) => {
        const upload = await backend.resumeMultipart("k", "u");
        expect((await upload.listParts()).map(({ number }) => number)).toEqual([1, 2]);
        await upload.complete();
        expect(server.seen.at(-1)?.body.toString()).toContain("<PartNumber>2</PartNumber>");
      },
    );
  });

  it("with a repeated marker are an error, not an endless loop", async () => {
    await withServer(
      () => ({ body: page(1, true, "1") }),
      async (backend) => {
        await expect(backend.resumeMultipart("k", "u")).rejects.toMatchObject({
          message: expect.stringContaining("repeated"),
        });
      },
    );
  });

  it("of an unknown upload are not found", async () => {
    await withServer([{ status: 404, body: errorXml("NoSuchUpload") }], async (backend) => {
      await expect(backend.resumeMultipart("k", "u")).rejects.toMatchObject({ code: "not-found" });
    });
  });
});

describe("abort", () => {
  it("twice is no error", async () => {
    let turn = 0;
    await withServer(
      ({ method }) => {
        if (method === "POST") return CREATED();
        return turn++ === 0 ? { status: 204 } : { status: 404, body: errorXml("NoSuchUpload") };
      },
      async (backend) => {
        const upload = await backend.startMultipart("k");
        await upload.abort();
        await upload.abort();
      },
    );
  });
});
