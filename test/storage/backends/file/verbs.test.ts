import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../../../src/core/index.js";
import { openFileBackend } from "../../../../src/storage/backends/file/index.js";
import { nodeFsCalls } from "../../../../src/storage/local-disk/index.js";
import {
  filesBelow,
  keysOf,
  patternBytes,
  readAll,
  readText,
  temporaryRoot,
  text,
} from "./temporary-root.js";

describe("multipart", () => {
  const bytes = patternBytes(100_000);
  const part = (n: number, size: number): Uint8Array => bytes.subarray((n - 1) * size, n * size);

  it("takes a part again after its file could not be opened", async () => {
    let isFull = false;
    const store = await openFileBackend({
      root: temporaryRoot(),
      fsCalls: {
        ...nodeFsCalls,
        async open(...args) {
          if (isFull) throw Object.assign(new Error("EMFILE: injected"), { code: "EMFILE" });
          return nodeFsCalls.open(...args);
        },
      },
    });
    const upload = await store.startMultipart("k", { partSize: 8192 });
    isFull = true;
    await expect(upload.putPart(1, text("x"))).rejects.toMatchObject({ operation: "putPart" });
    isFull = false;
    await upload.putPart(1, text("x"));
    await upload.complete();
    expect(await readText(store, "k")).toBe("x");
  });

  it.each([
    ["announced size, any order", 30_000, [4, 1, 3, 2]],
    ["size of part 1", undefined, [1, 4, 2, 3]],
    ["parts before part 1", undefined, [4, 3, 2, 1]],
  ])("takes parts: %s", async (_, partSize, order) => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    const upload = await store.startMultipart("d/k", { partSize });
    await Promise.all(order.map((n) => upload.putPart(n, part(n, 30_000))));
    expect((await upload.listParts()).map((one) => one.number)).toEqual([1, 2, 3, 4]);
    expect(await keysOf(store)).toEqual([]);
    const result = await upload.complete();
    expect(result).toMatchObject({ size: 100_000, crc32c: crc32c(bytes) });
    expect(await upload.complete()).toEqual(result);
    expect(result.etag).toBe((await store.head("d/k")).etag);
    expect(Buffer.compare(await readAll(store, "d/k"), bytes)).toBe(0);
    expect(filesBelow(root)).toEqual(["d/", "d/k"]);
  });

  it("takes parts of unequal sizes and the last word on each number", async () => {
    const store = await openFileBackend({ root: temporaryRoot() });
    const upload = await store.startMultipart("k", { partSize: 10 });
    await upload.putPart(1, text("abc"));
    await upload.putPart(2, text("0123456789long"));
    await upload.putPart(3, text("wrong"));
    await upload.putPart(3, text("end"));
    await upload.complete();
    expect(await readText(store, "k")).toBe("abc0123456789longend");
  });

  it("refuses gaps, no parts, bad numbers and wrong checksums, and can go on", async () => {
    const store = await openFileBackend({ root: temporaryRoot() });
    const upload = await store.startMultipart("k");
    const bad = { code: "invalid-argument" };
    await expect(upload.complete()).rejects.toMatchObject(bad);
    await expect(upload.putPart(0, text("x"))).rejects.toMatchObject(bad);
    await expect(upload.putPart(1, text("x"), { crc32c: 1 })).rejects.toMatchObject({
      code: "integrity",
    });
    await upload.putPart(2, text("two"));
    await expect(upload.complete()).rejects.toMatchObject(bad);
    await upload.putPart(1, text("one"));
    await upload.complete();
    expect(await readText(store, "k")).toBe("onetwo");
  });

  it("honours create and ifMatch at its end, and can be aborted after a refusal", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    const first = await store.put("k", text("old"));
    const create = await store.startMultipart("k", { mode: "create" });
    await create.putPart(1, text("x"));
    await expect(create.complete()).rejects.toMatchObject({ code: "already-exists" });
    await create.abort();
    await create.abort();
    const swap = await store.startMultipart("k", { mode: { ifMatch: first.etag } });
    await swap.putPart(1, text("swapped"));
    await swap.complete();
    expect(await readText(store, "k")).toBe("swapped");
    expect(filesBelow(root)).toEqual(["k"]);
  });

  it("is resumed by id; parts that were damaged are forgotten", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    const upload = await store.startMultipart("d/k", { partSize: 30_000 });
    for (const n of [1, 2, 3]) await upload.putPart(n, part(n, 30_000));
    const data = readdirSync(join(root, "d")).find((name) => name.endsWith(".data")) as string;
    const damaged = Buffer.from(bytes.subarray(0, 90_000));
    damaged.writeUInt8(damaged.readUInt8(40_000) ^ 1, 40_000);
    writeFileSync(join(root, "d", data), damaged);
    const other = await openFileBackend({ root });
    const pending = [];
    for await (const one of other.listMultiparts({ prefix: "d/" })) pending.push(one);
    expect(pending).toMatchObject([{ key: "d/k", id: upload.id }]);
    for await (const one of other.listMultiparts({ prefix: "e" })) expect(one).toBeUndefined();
    const resumed = await other.resumeMultipart("d/k", upload.id);
    expect((await resumed.listParts()).map((one) => one.number)).toEqual([1, 3]);
    await resumed.putPart(2, part(2, 30_000));
    await resumed.putPart(4, part(4, 30_000));
    await resumed.complete();
    expect(Buffer.compare(await readAll(other, "d/k"), bytes)).toBe(0);
    const gone = { code: "not-found" };
    await expect(other.resumeMultipart("d/k", upload.id)).rejects.toMatchObject(gone);
    await expect(other.resumeMultipart("d/k", "../x")).rejects.toMatchObject(gone);
  });
});

describe("delete, copy and rename", () => {
  it("removes objects and the folders that become empty, never a folder itself", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    for (const key of ["a/b/c", "a/d", "e"]) await store.put(key, text("x"));
    const results = await store.deleteMany(["a/b/c", "a", "none", "a/d/below", "e"]);
    expect(results.map((result) => result.key)).toEqual(["a/b/c", "a", "none", "a/d/below", "e"]);
    expect(results.every((result) => result.error === undefined)).toBe(true);
    expect(filesBelow(root)).toEqual(["a/", "a/d"]);
    const keeping = await openFileBackend({ root, removeEmptyFolders: false });
    await keeping.deleteMany(["a/d"]);
    expect(filesBelow(root)).toEqual(["a/"]);
    expect(existsSync(root)).toBe(true);
  });

  it("copies with conditions", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    const { etag } = await store.put("a", text("one"));
    const copied = await store.copy("a", "d/b", { sourceIfMatch: etag, mode: "create" });
    expect(copied).toMatchObject({ size: 3, etag: (await store.head("d/b")).etag });
    expect(await readText(store, "d/b")).toBe("one");
    await expect(store.copy("a", "d/b", { mode: "create" })).rejects.toMatchObject({
      code: "already-exists",
    });
    await expect(store.copy("a", "c", { sourceIfMatch: "x" })).rejects.toMatchObject({
      code: "precondition-failed",
    });
    await store.put("a", text("two"));
    await store.copy("a", "d/b", { mode: { ifMatch: copied.etag } });
    expect(await readText(store, "d/b")).toBe("two");
    await store.copy("a", "a");
    expect(filesBelow(root)).toEqual(["a", "d/", "d/b"]);
  });

  it("renames with conditions and tidies up", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    await store.put("d/a", text("one"));
    await store.put("b", text("two"));
    await expect(store.rename("d/a", "b", { mode: "create" })).rejects.toMatchObject({
      code: "already-exists",
    });
    await store.rename("d/a", "new/c", { mode: "create" });
    await store.rename("new/c", "b");
    await store.rename("b", "b");
    expect(await readText(store, "b")).toBe("one");
    expect(filesBelow(root)).toEqual(["b"]);
  });
});

describe("sidecars", () => {
  const facts = { contentType: "text/plain", metadata: { a: "b", c: "ü" } };

  it("keep content type and metadata with each version, through copies and renames", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root, sidecar: true });
    expect(store.capabilities).toMatchObject({ contentType: true, userMetadata: true });
    await store.put("d/k", text("x"), facts);
    expect(await store.head("d/k")).toMatchObject(facts);
    expect((await store.get("d/k")).meta).toMatchObject(facts);
    await store.copy("d/k", "d/copy");
    await store.copy("d/k", "d/other", { contentType: "a/b" });
    expect(await store.head("d/copy")).toMatchObject(facts);
    expect(await store.head("d/other")).toMatchObject({ ...facts, contentType: "a/b" });
    await store.rename("d/copy", "moved");
    expect(await store.head("moved")).toMatchObject(facts);
    const upload = await store.startMultipart("parts", facts);
    await upload.putPart(1, text("x"));
    await upload.complete();
    expect(await store.head("parts")).toMatchObject(facts);
    await store.put("d/k", text("y"));
    expect((await store.head("d/k")).contentType).toBeUndefined();
    expect(await keysOf(store)).toEqual(["d/k", "d/other", "moved", "parts"]);
    await store.deleteMany(["d/k", "d/other", "moved", "parts"]);
    expect(filesBelow(root).filter((path) => !path.endsWith("/"))).toEqual([]);
  });

  it("leave nothing where a rename or an upload fails in the end", async () => {
    const root = temporaryRoot();
    const plain = await openFileBackend({ root, sidecar: true });
    await plain.put("d/k", text("x"), facts);
    const across = async (): Promise<never> => {
      throw Object.assign(new Error("EXDEV: injected"), { code: "EXDEV" });
    };
    const outrun = async (from: string, to: string): Promise<void> => {
      writeFileSync(to, "another's");
      await nodeFsCalls.link(from, to);
    };
    const fsCalls = { ...nodeFsCalls, rename: across, link: outrun };
    const store = await openFileBackend({ root, sidecar: true, fsCalls });
    await expect(store.rename("d/k", "other/k")).rejects.toMatchObject({ code: "unsupported" });
    expect(await store.head("d/k")).toMatchObject(facts);
    const upload = await store.startMultipart("new", { ...facts, mode: "create" });
    await upload.putPart(1, text("x"));
    await expect(upload.complete()).rejects.toMatchObject({ code: "already-exists" });
    await upload.abort();
    expect(filesBelow(root).filter((path) => path.endsWith(".json"))).toHaveLength(1);
    expect(await store.head("d/k")).toMatchObject(facts);
  });

  it("stay with a version that was published before its put failed", async () => {
    const root = temporaryRoot();
    let isPublished = false;
    const fsCalls = {
      ...nodeFsCalls,
      async rename(from: string, to: string): Promise<void> {
        await nodeFsCalls.rename(from, to);
        isPublished = to.endsWith("/k");
      },
      lstat: async (path: string) => {
        const fails = isPublished;
        isPublished = false;
        if (fails) throw Object.assign(new Error("EIO: injected"), { code: "EIO" });
        return nodeFsCalls.lstat(path);
      },
    };
    const store = await openFileBackend({ root, sidecar: true, fsCalls });
    await expect(store.put("k", text("x"), facts)).rejects.toMatchObject({ operation: "put" });
    expect(await readText(store, "k")).toBe("x");
    expect(await store.head("k")).toMatchObject(facts);
  });

  it("say nothing of a file that another program put in the object's place", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root, sidecar: true });
    await store.put("k", text("x"), facts);
    writeFileSync(join(root, "k"), "other");
    expect((await store.head("k")).contentType).toBeUndefined();
  });
});

describe("containers and configuration", () => {
  it("makes, lists and removes the root", async () => {
    const base = temporaryRoot();
    const store = await openFileBackend({ root: join(base, "x/store"), createRoot: false });
    await store.createContainer();
    await expect(store.createContainer()).rejects.toMatchObject({ code: "already-exists" });
    mkdirSync(join(base, "x/another"));
    const names = [];
    for await (const { name } of store.listContainers()) names.push(name);
    expect(names).toEqual(["another", "store"]);
    await store.put("a", text("x"));
    await expect(store.deleteContainer()).rejects.toMatchObject({ code: "precondition-failed" });
    await store.deleteMany(["a"]);
    await store.deleteContainer();
    await expect(store.deleteContainer()).rejects.toMatchObject({ code: "not-found" });
  });

  it("refuses bad settings and tells its URI", async () => {
    const bad = { code: "invalid-config" };
    await expect(openFileBackend({ root: "relative" })).rejects.toMatchObject(bad);
    const sync = "some" as unknown as "full";
    await expect(openFileBackend({ root: "/x", sync })).rejects.toMatchObject(bad);
    expect((await openFileBackend({ root: "/x/y/" })).uri).toBe("file:///x/y");
    expect((await openFileBackend({ root: "/" })).uri).toBe("file://");
  });

  it("replaces a file, so that its hard links keep the old bytes", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    await store.put("a", text("old"));
    const { ino } = statSync(join(root, "a"));
    await store.put("a", text("new"));
    expect(statSync(join(root, "a")).ino).not.toBe(ino);
  });
});
