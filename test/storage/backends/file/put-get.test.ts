import {
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../../../src/core/index.js";
import type { ReplayableBody } from "../../../../src/storage/backend.js";
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

function bodyOf(length: number, ...chunks: Uint8Array[]): ReplayableBody {
  return {
    length,
    async *stream() {
      yield* chunks;
    },
  };
}

describe.each(["full", "none"] as const)("put and get with sync %s", (sync) => {
  it("stores bytes of every size exactly and tells their facts", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root, sync });
    for (const size of [0, 1, 4095, 4096, 262_144, 262_145, (1 << 20) + 1, (3 << 20) - 1]) {
      const bytes = patternBytes(size);
      const key = `deep/er/size-${size}`;
      const result = await store.put(key, bytes);
      expect(result).toMatchObject({ size, crc32c: crc32c(bytes) });
      expect(Buffer.compare(await readAll(store, key), bytes)).toBe(0);
      expect(await store.head(key)).toMatchObject({ key, size, etag: result.etag });
      expect((await store.get(key)).meta.etag).toBe(result.etag);
    }
    expect(filesBelow(root).filter((path) => path.includes(".lode-"))).toEqual([]);
    await store.close();
  });

  it("creates, replaces and compares and swaps", async () => {
    const store = await openFileBackend({ root: temporaryRoot(), sync });
    const one = await store.put("a", text("one"), { mode: "create" });
    await expect(store.put("a", text("x"), { mode: "create" })).rejects.toMatchObject({
      code: "already-exists",
    });
    const two = await store.put("a", text("two"), { mode: { ifMatch: one.etag } });
    expect(two.etag).not.toBe(one.etag);
    await expect(store.put("a", text("x"), { mode: { ifMatch: one.etag } })).rejects.toMatchObject({
      code: "precondition-failed",
    });
    await expect(store.put("b", text("x"), { mode: { ifMatch: one.etag } })).rejects.toMatchObject({
      code: "precondition-failed",
    });
    expect(await readText(store, "a")).toBe("two");
    expect(await keysOf(store)).toEqual(["a"]);
  });

  it("changes the etag with every write, also of equal bytes", async () => {
    const store = await openFileBackend({ root: temporaryRoot(), sync });
    const etags = new Set<string>();
    for (let i = 0; i < 200; i++) etags.add((await store.put("same", text("same"))).etag);
    expect(etags.size).toBe(200);
  });

  it("takes bodies as streams and refuses wrong lengths and checksums, leaving nothing", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root, sync });
    await store.put("s", bodyOf(5, text("he"), new Uint8Array(0), text("llo")));
    expect(await readText(store, "s")).toBe("hello");
    const bad = { code: "integrity" };
    await expect(store.put("d/x", bodyOf(6, text("hello")))).rejects.toMatchObject(bad);
    await expect(store.put("d/x", bodyOf(4, text("hello")))).rejects.toMatchObject(bad);
    await expect(store.put("d/x", text("hello"), { crc32c: 1 })).rejects.toMatchObject(bad);
    await expect(store.put("s", text("hollo"), { crc32c: 1 })).rejects.toMatchObject(bad);
    await store.put("ok", text("hello"), { crc32c: crc32c(text("hello")) });
    expect(await readText(store, "s")).toBe("hello");
    expect(filesBelow(root)).toEqual(["ok", "s"]);
  });

  it("ends with aborted and leaves nothing when the signal fires", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root, sync });
    const abort = new AbortController();
    const body: ReplayableBody = {
      length: 10,
      async *stream() {
        yield text("hello");
        abort.abort();
        yield text("world");
      },
    };
    const put = store.put("a/b", body, { signal: abort.signal });
    await expect(put).rejects.toMatchObject({ code: "aborted", operation: "put" });
    await expect(store.head("a/b", { signal: abort.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(filesBelow(root)).toEqual([]);
  });
});

describe("get", () => {
  it("reads ranges and refuses those outside", async () => {
    const store = await openFileBackend({ root: temporaryRoot() });
    const bytes = patternBytes(3_000_000);
    await store.put("k", bytes);
    for (const [start, end] of [
      [0, 1],
      [1_048_575, 1_048_577],
      [5, 2_999_999],
      [2_999_999, 3_000_000],
    ] as const) {
      const got: Buffer[] = [];
      const { body, range } = await store.get("k", { range: { start, end } });
      for await (const chunk of body) got.push(Buffer.from(chunk));
      expect(range).toEqual({ start, end });
      expect(Buffer.compare(Buffer.concat(got), bytes.subarray(start, end))).toBe(0);
      const target = new Uint8Array(end - start + 3);
      const read = await store.readInto("k", { start, end }, target);
      expect(read.bytesRead).toBe(end - start);
      expect(Buffer.compare(target.subarray(0, end - start), bytes.subarray(start, end))).toBe(0);
    }
    const suffix = await store.get("k", { range: { suffix: 10 } });
    expect(suffix.range).toEqual({ start: 2_999_990, end: 3_000_000 });
    await suffix.body[Symbol.asyncIterator]().return?.();
    await expect(store.get("k", { range: { start: 3_000_000 } })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(
      store.readInto("k", { start: 0, end: 9 }, new Uint8Array(8)),
    ).rejects.toMatchObject({ code: "invalid-argument" });
    await store.close();
  });

  it("honours ifMatch and ifNoneMatch", async () => {
    const store = await openFileBackend({ root: temporaryRoot() });
    const { etag } = await store.put("k", text("v"));
    const failed = { code: "precondition-failed" };
    await expect(store.get("k", { ifMatch: "other" })).rejects.toMatchObject(failed);
    await expect(store.get("k", { ifNoneMatch: etag })).rejects.toMatchObject({
      ...failed,
      details: { notModified: true },
    });
    const into = store.readInto("k", { start: 0, end: 1 }, new Uint8Array(1), { ifMatch: "other" });
    await expect(into).rejects.toMatchObject(failed);
    await store.close();
  });

  it("goes on with the old bytes when the object is replaced or deleted", async () => {
    const store = await openFileBackend({ root: temporaryRoot() });
    const old = patternBytes(5 << 20, 1);
    await store.put("k", old);
    const { body } = await store.get("k");
    const got: Buffer[] = [];
    for await (const chunk of body) {
      if (got.length === 0) await store.put("k", patternBytes(5 << 20, 2));
      if (got.length === 2) await store.deleteMany(["k"]);
      got.push(Buffer.from(chunk));
    }
    expect(Buffer.compare(Buffer.concat(got), old)).toBe(0);
  });

  it("fails when another program changes the file in place", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    for (const change of [
      () => writeFileSync(join(root, "k"), patternBytes(5 << 20, 3)),
      () => truncateSync(join(root, "k"), 3 << 20),
    ]) {
      await store.put("k", patternBytes(5 << 20));
      const { body } = await store.get("k");
      const read = async (): Promise<void> => {
        let chunks = 0;
        for await (const _ of body) if (chunks++ === 0) change();
      };
      await expect(read()).rejects.toMatchObject({ code: "precondition-failed", operation: "get" });
    }
  });

  it("closes its file when the body is never begun", async () => {
    const store = await openFileBackend({ root: temporaryRoot() });
    await store.put("k", text("v"));
    const open = (): number => filesBelow("/proc/self/fd").length;
    const before = open();
    for (let i = 0; i < 20; i++) {
      await (await store.get("k")).body[Symbol.asyncIterator]().return?.();
    }
    expect(open()).toBe(before);
  });

  it("sees a new version at once in readInto, although files are kept open", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    const target = new Uint8Array(3);
    const read = async (): Promise<string> => {
      await store.readInto("k", { start: 0, end: 3 }, target);
      return new TextDecoder().decode(target);
    };
    await store.put("k", text("one"));
    expect(await read()).toBe("one");
    await store.put("k", text("two"));
    expect(await read()).toBe("two");
    writeFileSync(join(root, "k"), "six");
    expect(await read()).toBe("six");
    await store.deleteMany(["k"]);
    await expect(read()).rejects.toMatchObject({ code: "not-found" });
    await store.close();
  });

  it("tells a missing object, also below an object and for a folder", async () => {
    const store = await openFileBackend({ root: temporaryRoot() });
    await store.put("dir/file", text("x"));
    for (const key of ["none", "dir", "dir/file/below", "no/such/folder"]) {
      await expect(store.get(key)).rejects.toMatchObject({ code: "not-found" });
      await expect(store.head(key)).rejects.toMatchObject({ code: "not-found" });
      await expect(store.copy(key, "to")).rejects.toMatchObject({ code: "not-found" });
      await expect(store.rename(key, "to")).rejects.toMatchObject({ code: "not-found" });
    }
    expect(await keysOf(store)).toEqual(["dir/file"]);
  });
});

describe("keys", () => {
  it("refuses those that are no path below the root", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root: join(root, "store") });
    const bad = ["..", "../x", "a/../../x", "a/./b", "./a", "/a", "a/", "a//b", "a\0b"];
    bad.push("x".repeat(256), `${"é".repeat(128)}/x`, ".lode-tmp-1", "d/.lode-meta/x");
    for (const key of bad) {
      const failed = { code: "invalid-key" };
      await expect(store.put(key, text("x"))).rejects.toMatchObject(failed);
      await expect(store.get(key)).rejects.toMatchObject(failed);
      await expect(store.head(key)).rejects.toMatchObject(failed);
      await expect(store.startMultipart(key)).rejects.toMatchObject(failed);
      expect((await store.deleteMany([key]))[0]?.error).toMatchObject(failed);
    }
    expect(filesBelow(root)).toEqual([]);
  });

  it("keeps odd names as they are", async () => {
    const store = await openFileBackend({ root: temporaryRoot() });
    const keys = [
      "a\nb",
      "é",
      "e\u0301",
      "😀/x",
      "a b+%2F&<>\"'",
      "...",
      ".hidden",
      "x".repeat(255),
    ];
    for (const key of keys) await store.put(key, text(key));
    for (const key of keys) expect(await readText(store, key)).toBe(key);
    expect((await keysOf(store)).sort()).toEqual([...keys].sort());
  });

  it("cannot hold an object and keys below it", async () => {
    const root = temporaryRoot();
    for (const sync of ["full", "none"] as const) {
      const store = await openFileBackend({ root, sync });
      await store.put("a", text("x"));
      await store.put("d/e/f", text("x"));
      for (const mode of ["overwrite", "create"] as const) {
        for (const key of ["a/b", "a/b/c", "d", "d/e"]) {
          await expect(store.put(key, text("y"), { mode })).rejects.toMatchObject({
            code: "invalid-key",
          });
        }
      }
      expect(await keysOf(store)).toEqual(["a", "d/e/f"]);
    }
    expect(filesBelow(root)).toEqual(["a", "d/", "d/e/", "d/e/f"]);
  });

  it("puts an object where an empty folder is", async () => {
    const root = temporaryRoot();
    for (const sync of ["full", "none"] as const) {
      for (const mode of ["overwrite", "create"] as const) {
        const store = await openFileBackend({ root, sync });
        mkdirSync(join(root, `${sync}-${mode}`));
        await store.put(`${sync}-${mode}`, text("x"), { mode });
        expect(await readText(store, `${sync}-${mode}`)).toBe("x");
      }
    }
  });
});

describe("links and special files", () => {
  it("never leaves the root", async () => {
    const outside = temporaryRoot();
    writeFileSync(join(outside, "secret"), "secret");
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    symlinkSync(outside, join(root, "out"));
    symlinkSync(join(outside, "secret"), join(root, "file"));
    symlinkSync(join(outside, "not-yet"), join(root, "dangling"));
    const failed = { code: "invalid-key" };
    for (const key of ["out/secret", "file"]) {
      await expect(store.get(key)).rejects.toMatchObject(failed);
      await expect(store.head(key)).rejects.toMatchObject(failed);
      await expect(
        store.readInto(key, { start: 0, end: 1 }, new Uint8Array(1)),
      ).rejects.toMatchObject(failed);
      await expect(store.copy(key, "stolen")).rejects.toMatchObject(failed);
    }
    await expect(store.put("out/new", text("x"))).rejects.toMatchObject(failed);
    await expect(store.put("out/new/deep", text("x"))).rejects.toMatchObject(failed);
    expect((await store.deleteMany(["out/secret"]))[0]?.error).toMatchObject(failed);
    expect(await keysOf(store)).toEqual([]);
    // A put replaces the link itself, not what it leads to.
    await store.put("file", text("mine"));
    await store.put("dangling", text("mine"));
    expect(filesBelow(outside)).toEqual(["secret"]);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
    expect(await keysOf(store)).toEqual(["dangling", "file"]);
  });

  it("notices a folder that becomes a link later", async () => {
    const outside = temporaryRoot();
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    await store.put("d/x", text("x"));
    await store.readInto("d/x", { start: 0, end: 1 }, new Uint8Array(1));
    await store.deleteMany(["d/x"]);
    writeFileSync(join(outside, "x"), "secret");
    symlinkSync(outside, join(root, "d"));
    await expect(store.get("d/x")).rejects.toMatchObject({ code: "invalid-key" });
    await expect(store.put("d/x", text("y"))).rejects.toMatchObject({ code: "invalid-key" });
    await store.close();
  });

  it("follows links that stay inside", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    await store.put("real/x", text("x"));
    symlinkSync("real", join(root, "alias"));
    symlinkSync("real/x", join(root, "one"));
    expect(await readText(store, "alias/x")).toBe("x");
    expect(await readText(store, "one")).toBe("x");
    expect((await store.head("one")).etag).toBe((await store.head("real/x")).etag);
    await store.put("alias/y", text("y"));
    expect(await keysOf(store)).toEqual(["alias/x", "alias/y", "one", "real/x", "real/y"]);
  });

  it("works below a root that is a link itself", async () => {
    const base = temporaryRoot();
    mkdirSync(join(base, "v1"));
    symlinkSync("v1", join(base, "current"));
    const store = await openFileBackend({ root: join(base, "current") });
    await store.put("a/b", text("x"));
    expect(existsSync(join(base, "v1/a/b"))).toBe(true);
    await store.deleteMany(["a/b"]);
    expect(filesBelow(base)).toEqual(["current", "v1/"]);
  });

  it("refuses devices", async () => {
    const store = await openFileBackend({ root: "/dev" });
    await expect(store.get("null")).rejects.toMatchObject({ code: "invalid-key" });
    await expect(store.head("null")).rejects.toMatchObject({ code: "invalid-key" });
  });

  it("tells missing permissions", async () => {
    const denied = Object.assign(new Error("denied"), { code: "EACCES" });
    const fsCalls = { ...nodeFsCalls, open: () => Promise.reject(denied) };
    const store = await openFileBackend({ root: temporaryRoot(), fsCalls });
    for (const call of [() => store.put("a", text("x")), () => store.get("a")]) {
      await expect(call()).rejects.toMatchObject({ code: "permission-denied", cause: denied });
    }
  });
});
