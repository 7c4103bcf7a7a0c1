import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareKeys } from "../../../src/core/object-key.js";
import { AZURITE, code, listAll, makeContainer, readAll, type TestContainer } from "./azurite.js";

const ODD = [
  "a+b",
  "a%2Fb",
  "a b",
  " lead",
  "trail ",
  "#x",
  "q?x=1",
  "emoji😀",
  "emoji/😀",
  "emoji/\uff01",
  "\u{1f600}",
  "\uff01",
  "\ue000",
  "a/",
  "a//b",
  "/lead",
  "amp&<>\"'",
  "é",
  "e\u0301",
  "123",
  "1e5",
  "0x10",
  "true",
  "~!@$^*()[]{}|;:,`=",
  ".hidden",
  "..two",
  "a.b",
  "%",
  "%zz",
  "x".repeat(1024),
  "ü".repeat(512),
];

describe.skipIf(AZURITE === undefined)("Azure names and listings", () => {
  let odd: TestContainer;
  let many: TestContainer;
  const keys = Array.from({ length: 1203 }, (_, n) => `n/${String(n).padStart(5, "0")}`);

  beforeAll(async () => {
    [odd, many] = await Promise.all([makeContainer(), makeContainer()]);
    await Promise.all(ODD.map((key) => odd.backend.put(key, Buffer.from(key))));
    const all = [...keys, "a", "a/b/1", "a/b/2", "a/c", "z/1"];
    for (let at = 0; at < all.length; at += 50) {
      await Promise.all(
        all.slice(at, at + 50).map((key) => many.backend.put(key, Buffer.from("x"))),
      );
    }
  });
  afterAll(() => Promise.all([odd.remove(), many.remove()]));

  it("keeps every odd name exactly, in byte order, whatever the page size", async () => {
    const sorted = [...ODD].sort(compareKeys);
    for (const pageSize of [1, 2, 7, 1000]) {
      const listed = await listAll(odd.backend, { pageSize });
      expect(listed.map((meta) => meta.key)).toEqual(sorted);
    }
    for (const key of ODD) {
      expect((await readAll(odd.backend, key)).toString()).toBe(key);
      expect((await odd.backend.head(key)).key).toBe(key);
    }
  });

  it("copies, signs and deletes odd names", async () => {
    for (const key of ODD.filter((name) => name.length < 500)) {
      const target = `copy/${key}`;
      await odd.backend.copy(key, target);
      const answer = await fetch(await odd.backend.presign(target));
      expect([key, await answer.text()]).toEqual([key, key]);
    }
    const copies = (await listAll(odd.backend, { prefix: "copy/" })).map((meta) => meta.key);
    expect(copies).toHaveLength(ODD.length - 2);
    const results = await odd.backend.deleteMany(copies);
    expect(results).toEqual(copies.map((key) => ({ key })));
    expect(await listAll(odd.backend, { prefix: "copy/" })).toEqual([]);
  });

  it.each(["..", ".", "a/../b", "a/./b", "dot.", "a./b", "back\\slash", "line\nfeed", "del\u007f"])(
    "refuses %j, which would become another name",
    async (key) => {
      await expect(odd.backend.put(key, Buffer.from("x"))).rejects.toMatchObject(
        code("invalid-key"),
      );
      await expect(odd.backend.get(key)).rejects.toMatchObject(code("invalid-key"));
      expect(await odd.backend.deleteMany([key])).toMatchObject([
        { key, error: { code: "invalid-key" } },
      ]);
    },
  );

  it("pages through more than a thousand keys, small pages and large", async () => {
    for (const pageSize of [100, 1000, undefined]) {
      const seen: string[] = [];
      for await (const page of many.backend.list({ prefix: "n/", pageSize })) {
        expect(page.objects.length).toBeLessThanOrEqual(pageSize ?? 1000);
        seen.push(...page.objects.map((meta) => meta.key));
      }
      expect(seen).toEqual(keys);
    }
  });

  it("tells common prefixes once, with small pages too", async () => {
    for (const pageSize of [1, 2, 1000]) {
      const objects: string[] = [];
      const prefixes: string[] = [];
      for await (const page of many.backend.list({ delimiter: "/", pageSize })) {
        expect(page.objects.length + page.prefixes.length).toBeLessThanOrEqual(pageSize);
        objects.push(...page.objects.map((meta) => meta.key));
        prefixes.push(...page.prefixes);
      }
      expect([objects, prefixes]).toEqual([["a"], ["a/", "n/", "z/"]]);
    }
  });

  it("begins after a key, which need not exist, also inside a common prefix", async () => {
    const after = async (startAfter: string, delimiter?: "/") => {
      const found: string[] = [];
      for await (const page of many.backend.list({ startAfter, delimiter, pageSize: 500 })) {
        found.push(...page.objects.map((meta) => meta.key), ...page.prefixes);
      }
      return found;
    };
    expect(await after("n/01200")).toEqual(["n/01201", "n/01202", "z/1"]);
    expect(await after("n/01200x")).toEqual(["n/01201", "n/01202", "z/1"]);
    expect(await after("z/1")).toEqual([]);
    expect(await after("a", "/")).toEqual(["a/", "n/", "z/"]);
    expect(await after("n/01201", "/")).toEqual(["n/", "z/"]);
    expect(await after("n/01202", "/")).toEqual(["z/"]);
    expect(await after("", "/")).toHaveLength(4);
  });

  it("deletes hundreds at once, missing and repeated ones without error", async () => {
    const doomed = Array.from({ length: 300 }, (_, n) => `d/${n}`);
    const put = (key: string) => many.backend.put(key, Buffer.from("x"));
    await Promise.all(doomed.slice(0, 280).map(put));
    const asked = [...doomed, "d/0"];
    const results = await many.backend.deleteMany(asked);
    expect(results).toEqual(asked.map((key) => ({ key })));
    expect(await listAll(many.backend, { prefix: "d/" })).toEqual([]);
    expect(await many.backend.deleteMany([])).toEqual([]);
    expect(await many.backend.deleteMany(["d/0"])).toEqual([{ key: "d/0" }]);
  });

  it("reports the key that could not be deleted, and deletes the others", async () => {
    const { BlobServiceClient } = await import("@azure/storage-blob");
    await many.backend.put("leased", Buffer.from("x"));
    await many.backend.put("free", Buffer.from("x"));
    const lease = BlobServiceClient.fromConnectionString(AZURITE!)
      .getContainerClient(many.name)
      .getBlobClient("leased")
      .getBlobLeaseClient();
    await lease.acquireLease(-1);
    try {
      for (const asked of [["leased", "free"], ["leased"]]) {
        const results = await many.backend.deleteMany(asked);
        expect(results[0]).toMatchObject({ key: "leased", error: { code: "precondition-failed" } });
        expect(results.slice(1).every((result) => result.error === undefined)).toBe(true);
      }
      await expect(many.backend.head("free")).rejects.toMatchObject(code("not-found"));
    } finally {
      await lease.releaseLease();
    }
  });
});
