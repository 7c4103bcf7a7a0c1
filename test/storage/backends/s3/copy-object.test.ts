import { describe, expect, it } from "vitest";
import { errorXml, objectHeaders, type Reply, type Script, withServer } from "./scripted-server.js";

const SOURCE: Reply = {
  headers: objectHeaders({
    "content-length": "25",
    "x-amz-meta-who": "me",
    "cache-control": "no-store",
  }),
};
const COPIED: Reply = { body: "<CopyObjectResult><ETag>&quot;new&quot;</ETag></CopyObjectResult>" };

describe("copy", () => {
  it("is one request, pinned to the version that was looked at", async () => {
    await withServer([SOURCE, COPIED], async (backend, server) => {
      expect(await backend.copy("a b/é", "t")).toEqual({ etag: "new", size: 25 });
      expect(server.seen[1]).toMatchObject({ method: "PUT", url: "/bucket/t" });
      expect(server.seen[1]?.headers).toMatchObject({
        "x-amz-copy-source": "/bucket/a%20b/%C3%A9",
        "x-amz-copy-source-if-match": '"abc"',
        "x-amz-metadata-directive": "COPY",
      });
    });
  });

  it("replaces attributes and keeps those not given", async () => {
    await withServer([SOURCE, COPIED], async (backend, server) => {
      await backend.copy("a", "t", { contentType: "x/y", storageClass: "STANDARD_IA" });
      expect(server.seen[1]?.headers).toMatchObject({
        "x-amz-metadata-directive": "REPLACE",
        "content-type": "x/y",
        "x-amz-meta-who": "me",
        "cache-control": "no-store",
        "x-amz-storage-class": "STANDARD_IA",
      });
    });
  });

  it.each([
    ["at once", errorXml("SlowDown")],
    ["behind white space", `\n   \n${errorXml("SlowDown")}`],
  ])("finds an error under status 200, %s", async (_, body) => {
    await withServer([SOURCE, { body }], async (backend) => {
      await expect(backend.copy("a", "t")).rejects.toMatchObject({
        code: "rate-limited",
        retry: "safe",
      });
    });
  });

  it("of a missing or another version fails", async () => {
    await withServer([{ status: 404 }, SOURCE], async (backend, server) => {
      await expect(backend.copy("a", "t")).rejects.toMatchObject({ code: "not-found" });
      await expect(backend.copy("a", "t", { sourceIfMatch: "old" })).rejects.toMatchObject({
        code: "precondition-failed",
      });
      expect(server.seen).toHaveLength(2);
    });
  });

  function inParts(part: (number: number) => Reply, seen: string[]): Script {
    return ({ method, url, headers }) => {
      if (method === "HEAD") return SOURCE;
      if (method === "DELETE") {
        seen.push("abort");
        return { status: 204 };
      }
      if (url.includes("uploads=")) {
        return {
          body: "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
        };
      }
      if (method === "PUT") {
        const number = Number(/partNumber=(\d+)/.exec(url)?.[1]);
        seen.push(`${number}: ${headers["x-amz-copy-source-range"]}`);
        return part(number);
      }
      seen.push(`complete ${headers["if-none-match"] ?? ""}`);
      return {
        body: "<CompleteMultipartUploadResult><ETag>w-3</ETag></CompleteMultipartUploadResult>",
      };
    };
  }
  const copiedPart = (number: number): Reply => ({
    body: `<CopyPartResult><ETag>"p${number}"</ETag></CopyPartResult>`,
  });
  const small = { copyThreshold: 20, copyPartSize: 10 };

  it("goes part by part above the threshold", async () => {
    const seen: string[] = [];
    await withServer(
      inParts(copiedPart, seen),
      async (backend, server) => {
        expect(await backend.copy("a", "t")).toMatchObject({ etag: "w-3", size: 25 });
        expect(seen.sort()).toEqual([
          "1: bytes=0-9",
          "2: bytes=10-19",
          "3: bytes=20-24",
          "complete ",
        ]);
        expect(server.seen[1]?.headers).toMatchObject({
          "content-type": "text/plain",
          "x-amz-meta-who": "me",
          "cache-control": "no-store",
        });
      },
      small,
    );
  });

  it("is conditional by completing an upload of one part", async () => {
    const seen: string[] = [];
    await withServer(inParts(copiedPart, seen), async (backend) => {
      await backend.copy("a", "t", { mode: "create" });
      expect(seen).toEqual(["1: undefined", "complete *"]);
    });
  });

  it("aborts the upload if a part fails, also under status 200", async () => {
    const seen: string[] = [];
    await withServer(
      inParts((n) => (n === 2 ? { body: errorXml("InternalError") } : copiedPart(n)), seen),
      async (backend) => {
        await expect(backend.copy("a", "t")).rejects.toMatchObject({ retry: "safe" });
        expect(seen.at(-1)).toBe("abort");
        expect(seen.join()).not.toContain("complete");
      },
      small,
    );
  });
});
