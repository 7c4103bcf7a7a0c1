import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { errorXml, withServer } from "./scripted-server.js";

const DONE = { body: "<DeleteResult></DeleteResult>" };

describe("deleteMany", () => {
  it("deletes in batches of 1,000, with a digest that every server demands", async () => {
    const keys = Array.from({ length: 2001 }, (_, i) => `k${i}`);
    await withServer([DONE, DONE, DONE], async (backend, server) => {
      expect(await backend.deleteMany(keys)).toEqual(keys.map((key) => ({ key })));
      const counts = server.seen.map(({ body }) => body.toString().split("<Object>").length - 1);
      expect(counts).toEqual([1000, 1000, 1]);
      const first = server.seen[0];
      expect(first?.url).toBe("/bucket/?delete=");
      expect(first?.headers["content-md5"]).toBe(
        createHash("md5")
          .update(first?.body ?? "")
          .digest("base64"),
      );
    });
  });

  it("tells each key's failure, and none for a missing key", async () => {
    const body =
      "<DeleteResult><Error><Key>b&lt;&amp;</Key><Code>AccessDenied</Code><Message>no</Message></Error>" +
      "<Error><Key>c</Key><Code>NoSuchKey</Code></Error><Error><Key>d</Key><Code>SlowDown</Code></Error></DeleteResult>";
    await withServer([{ body }], async (backend) => {
      const results = await backend.deleteMany(["a", "b<&", "c", "d", "b<&"]);
      expect(results.map(({ key, error }) => [key, error?.code, error?.retry])).toEqual([
        ["a", undefined, undefined],
        ["b<&", "permission-denied", "never"],
        ["c", undefined, undefined],
        ["d", "rate-limited", "safe"],
        ["b<&", "permission-denied", "never"],
      ]);
      expect(results[1]?.error?.uri).toBe("s3://bucket/b<&");
    });
  });

  it("escapes keys, and sends those that XML cannot carry one by one", async () => {
    const keys = ["a&<>\"'\r\n\t", "b\u0001", "é😀"];
    await withServer([DONE, { status: 204 }], async (backend, server) => {
      await backend.deleteMany(keys);
      expect(server.seen[0]?.body.toString()).toContain(
        "<Key>a&amp;&lt;&gt;&#34;&#39;&#13;&#10;&#9;</Key></Object><Object><Key>é😀</Key>",
      );
      expect(server.seen[1]).toMatchObject({ method: "DELETE", url: "/bucket/b%01" });
    });
  });

  it("sends a single key by itself; a missing one is no error", async () => {
    await withServer(
      [
        { status: 404, body: errorXml("NoSuchKey") },
        { status: 403, body: errorXml("AccessDenied") },
      ],
      async (backend, server) => {
        expect(await backend.deleteMany(["a"])).toEqual([{ key: "a" }]);
        const [denied] = await backend.deleteMany(["a"]);
        expect(denied?.error?.code).toBe("permission-denied");
        expect(server.seen[0]).toMatchObject({ method: "DELETE", url: "/bucket/a" });
      },
    );
  });

  it("throws what concerns all keys", async () => {
    const missing = { status: 404, body: errorXml("NoSuchBucket") };
    await withServer([missing, missing], async (backend) => {
      await expect(backend.deleteMany(["a"])).rejects.toMatchObject({ code: "not-found" });
      await expect(backend.deleteMany(["a", "b"])).rejects.toMatchObject({ code: "not-found" });
    });
  });

  it.each([
    ["an error under status 200", errorXml("InternalError")],
    ["a reply that is cut", "<DeleteResult><Error>"],
    [
      "a failure of another key",
      "<DeleteResult><Error><Key>z</Key><Code>X</Code></Error></DeleteResult>",
    ],
  ])("never takes %s for success", async (_, body) => {
    await withServer([{ body }], async (backend) => {
      await expect(backend.deleteMany(["a", "b"])).rejects.toMatchObject({ retry: "safe" });
    });
  });
});
