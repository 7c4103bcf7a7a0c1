import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ListPage } from "../../../../src/storage/backend.js";
import { openFileBackend } from "../../../../src/storage/backends/file/index.js";
import { nodeFsCalls } from "../../../../src/storage/local-disk/index.js";
import { keysOf, temporaryRoot, text } from "./temporary-root.js";

/** What a listing has to tell, from the keys alone. */
function model(
  keys: readonly string[],
  prefix: string,
  after: string,
  delimiter: boolean,
): string[] {
  const bytes = (key: string): Buffer => Buffer.from(key);
  const wanted = keys.filter(
    (key) => key.startsWith(prefix) && Buffer.compare(bytes(key), bytes(after)) > 0,
  );
  const told = wanted.map((key) => {
    const slash = delimiter ? key.indexOf("/", prefix.length) : -1;
    return slash < 0 ? key : key.slice(0, slash + 1);
  });
  return [...new Set(told)].sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
}

const segment = fc.constantFrom("a", "a-", "a.b", "b", "B", "é", "\uFF5E", "😀", "z z");
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));

/** Without those that would need a file and a folder of one name. */
function compatible(keys: readonly string[]): string[] {
  const unique = [...new Set(keys)];
  return unique.filter((one) => !unique.some((other) => other.startsWith(`${one}/`)));
}

describe("list", () => {
  it("tells the same as the sorted keys, for every prefix, start, page size and delimiter", async () => {
    const options = fc.record({
      keys: fc.array(key, { maxLength: 12 }).map(compatible),
      prefix: fc.oneof(
        fc.constant(""),
        key,
        key.map((one) => `${one}/`),
        fc.constant("a"),
      ),
      startAfter: fc.oneof(
        fc.constant(""),
        key,
        key.map((one) => `${one}/`),
      ),
      delimiter: fc.boolean(),
      pageSize: fc.integer({ min: 1, max: 4 }),
    });
    const property = fc.asyncProperty(options, async (given) => {
      const store = await openFileBackend({ root: temporaryRoot(true), sync: "none" });
      for (const one of given.keys) await store.put(one, text(one));
      const told: string[] = [];
      for await (const page of store.list({
        prefix: given.prefix,
        startAfter: given.startAfter,
        pageSize: given.pageSize,
        ...(given.delimiter ? { delimiter: "/" as const } : {}),
      })) {
        const names = [...page.objects.map((object) => object.key), ...page.prefixes];
        expect(names.length).toBeLessThanOrEqual(given.pageSize);
        expect(names.length).toBeGreaterThan(0);
        for (const object of page.objects) {
          expect(object.size).toBe(Buffer.byteLength(object.key));
        }
        told.push(...names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }
      expect(told).toEqual(model(given.keys, given.prefix, given.startAfter, given.delimiter));
    });
    await fc.assert(property, { numRuns: 150 });
  }, 30_000);

  it("enters no folder that the prefix or the start exclude", async () => {
    const root = temporaryRoot();
    const read: string[] = [];
    const readdir = (path: string) => {
      read.push(path.slice(root.length));
      return nodeFsCalls.readdir(path);
    };
    const store = await openFileBackend({ root, fsCalls: { ...nodeFsCalls, readdir } });
    for (const one of ["a/1", "b/x/1", "b/y/1", "b/yz/1", "c/1"]) await store.put(one, text("x"));
    read.length = 0;
    expect(await keysOf(store, { prefix: "b/y" })).toEqual(["b/y/1", "b/yz/1"]);
    expect(read).toEqual(["/b", "/b/y", "/b/yz"]);
    read.length = 0;
    expect(await keysOf(store, { startAfter: "b/y/1" })).toEqual(["b/yz/1", "c/1"]);
    expect(read).toEqual(["", "/b", "/b/y", "/b/yz", "/c"]);
  });

  it("shows no empty folders, hidden names or broken links, and follows no circle", async () => {
    const root = temporaryRoot();
    const store = await openFileBackend({ root });
    await store.put("d/e/x", text("x"));
    mkdirSync(join(root, "empty/inner"), { recursive: true });
    symlinkSync("..", join(root, "d/up"));
    symlinkSync("e", join(root, "d/link"));
    symlinkSync("nowhere", join(root, "d/broken"));
    symlinkSync("/etc", join(root, "etc"));
    const upload = await store.startMultipart("d/pending");
    await upload.putPart(1, text("x"));
    expect(await keysOf(store)).toEqual(["d/e/x", "d/link/x"]);
    expect(await keysOf(store, { delimiter: "/" })).toEqual(["d/"]);
    expect(await keysOf(store, { prefix: "etc/" }).catch((error) => error.code)).toBe(
      "invalid-key",
    );
    expect(await keysOf(store, { prefix: "../" })).toEqual([]);
    await upload.abort();
  });

  it("lists a missing root as empty, or as not-found where it was told not to make it", async () => {
    const root = join(temporaryRoot(), "none");
    expect(await keysOf(await openFileBackend({ root }))).toEqual([]);
    const strict = await openFileBackend({ root, createRoot: false });
    await expect(keysOf(strict)).rejects.toMatchObject({ code: "not-found" });
    await expect(strict.put("a/b", text("x"))).rejects.toMatchObject({ code: "not-found" });
  });

  it("lists thousands of keys in full pages, each once", async () => {
    const store = await openFileBackend({ root: temporaryRoot(true), sync: "none" });
    for (let i = 0; i < 2500; i++) await store.put(`n/${i % 10}/${i}`, text("x"));
    const pages: ListPage[] = [];
    for await (const page of store.list()) pages.push(page);
    expect(pages.map((page) => page.objects.length)).toEqual([1000, 1000, 500]);
    expect(new Set(pages.flatMap((page) => page.objects.map((object) => object.key))).size).toBe(
      2500,
    );
  });
});
