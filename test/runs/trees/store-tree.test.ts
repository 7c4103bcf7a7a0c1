import { createCipheriv } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlobStore, PutProgress } from "../../../src/cas/index.js";
import { storeTree, Tree, treeOf } from "../../../src/runs/trees/index.js";
import { walkTree } from "../../../src/runs/trees/local-tree.js";
import { StatCache } from "../../../src/runs/trees/stat-cache.js";
import { diskBlobs, inSession, memoryBlobs, objectsOf } from "../blob-places.js";
import { type Content, contentOf, fill, newFolder } from "./folders.js";
import { sha256 } from "./tree-documents.js";

const KIB = 1024;
const MIB = 1024 * KIB;

function store(blobs: BlobStore, folder: string, cache?: string) {
  return inSession(blobs, (session) =>
    storeTree(session, blobs, treeOf(folder, { cache }), { name: "tree" }),
  );
}

/** Bytes that no other seed gives, and that do not shrink. */
function noise(length: number, seed: number): Buffer {
  const cipher = createCipheriv("aes-128-ctr", sha256(`${seed}`).slice(0, 16), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(length));
}

const SAMPLE: Content = {
  "README.md": "hello",
  "a/empty.txt": "",
  "a/folder": null,
  "a/run.sh": "#!/bin/sh",
  "a/same.txt": "hello",
  "link.txt": { link: "a/run.sh" },
  "large.bin": noise(3 * MIB, 1).toString("latin1"),
  "\u{1f600}/ü": "1",
};

async function sampleFolder(): Promise<string> {
  const folder = await newFolder();
  const bytes = Object.entries(SAMPLE).map(([path, what]) => [
    path,
    typeof what === "string" ? Buffer.from(what, "latin1") : what,
  ]);
  await fill(folder, Object.fromEntries(bytes) as Content);
  return folder;
}

async function sorted(content: Content): Promise<Content> {
  return Object.fromEntries(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe.each([
  ["memory", memoryBlobs],
  ["disk", diskBlobs],
])("storeTree in %s", (_, open) => {
  it("gives the folder back, and single files", async () => {
    const blobs = await open();
    const stored = await store(blobs, await sampleFolder());
    expect(stored).toMatchObject({ existed: false, format: "tree" });
    const tree = await Tree.open(blobs, stored.id);
    const target = join(await newFolder(), "new");
    const restored = await tree.restore(target);
    expect(restored).toMatchObject({ written: 7, unchanged: 0 });
    expect(await contentOf(target)).toEqual(await sorted(SAMPLE));

    expect(Buffer.from(await tree.read("a/same.txt")).toString()).toBe("hello");
    expect(await tree.read("a/empty.txt")).toHaveLength(0);
    const pieces: Buffer[] = [];
    for await (const piece of tree.stream("large.bin")) pieces.push(Buffer.from(piece));
    expect(Buffer.concat(pieces).toString("latin1") === SAMPLE["large.bin"]).toBe(true);
    expect(tree.find("link.txt")).toEqual({ kind: "link", path: "link.txt", target: "a/run.sh" });
    await expect(tree.read("none")).rejects.toMatchObject({ code: "not-found" });
    await expect(tree.read("link.txt")).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(tree.read("a/folder")).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("links the tree to all that it needs", async () => {
    const blobs = await open();
    const { id } = await store(blobs, await sampleFolder());
    const links = await blobs.links(id);
    expect(links).toHaveLength(2);
    expect(links).toContain(sha256(Buffer.from(SAMPLE["large.bin"] as string, "latin1")));
  });
});

describe("storeTree", () => {
  it("gives any folder back", async () => {
    const part = fc.constantFrom("a", "b", "c.sh", "d");
    const size = fc.oneof(fc.nat(50), fc.constantFrom(MIB - 1, MIB, MIB + 1));
    const drafts = fc.array(fc.tuple(fc.array(part, { minLength: 1, maxLength: 3 }), size), {
      maxLength: 8,
    });
    const blobs = await memoryBlobs({ chunkAbove: 64 * KIB });
    await fc.assert(
      fc.asyncProperty(drafts, async (all) => {
        const content: Content = {};
        for (const [parts, length] of all) {
          const path = parts.join("/");
          const clash = Object.keys(content).some(
            (other) =>
              other === path || `${other}/`.startsWith(`${path}/`) || path.startsWith(`${other}/`),
          );
          if (!clash) content[path] = noise(length, length % 7);
        }
        const folder = await newFolder();
        await fill(folder, content);
        const { id } = await store(blobs, folder);
        const target = await newFolder();
        await (await Tree.open(blobs, id)).restore(target);
        const [there, given] = [await contentOf(target), await contentOf(folder)];
        expect(Object.keys(there)).toEqual(Object.keys(given));
        for (const path of Object.keys(given)) expect(there[path] === given[path]).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it("writes nothing for a folder that it has", async () => {
    const blobs = await memoryBlobs();
    const folder = await sampleFolder();
    const first = await store(blobs, folder);
    const objects = await objectsOf(blobs);
    const again = await store(blobs, await sampleFolder());
    expect(again).toMatchObject({
      id: first.id,
      digest: first.digest,
      existed: true,
      storedBytes: 0,
    });
    expect(await objectsOf(blobs)).toEqual(objects);
  });

  it("stores no content again when files are renamed and moved", async () => {
    const blobs = await memoryBlobs();
    const folder = await newFolder();
    const names = Array.from({ length: 300 }, (_, index) => `f${index}`);
    await fill(
      folder,
      Object.fromEntries(names.map((name, index) => [`old/${name}`, noise(700, index)])),
    );
    await fill(folder, { "old/large": noise(2 * MIB, 1) });
    const first = await store(blobs, folder);
    const before = await objectsOf(blobs);

    await rename(join(folder, "old/large"), join(folder, "moved"));
    await rename(join(folder, "old/f7"), join(folder, "f7"));
    await rename(join(folder, "old"), join(folder, "new"));
    const second = await store(blobs, folder);
    expect(second.id).not.toBe(first.id);
    const fresh = [...(await objectsOf(blobs)).keys()].filter((key) => !before.has(key));
    const own = fresh.filter((key) => !key.includes(second.id));
    // Only the document that names the new paths.
    expect(own).toEqual([]);
    expect(second.newBytes).toBe(second.size);
    expect(await blobs.links(second.id)).toEqual(await blobs.links(first.id));
  });

  it("tells trees apart by names, contents, modes and links", async () => {
    const blobs = await memoryBlobs();
    const variants: Content[] = [
      {},
      { a: "1" },
      { b: "1" },
      { a: "2" },
      { a: null },
      { a: { link: "b" } },
      { a: { link: "c" } },
      { "a/b": "1" },
      { "a.sh": "1" },
      { "a.sh/x": "1" },
    ];
    const digests = new Set<string>();
    for (const variant of variants) {
      const folder = await newFolder();
      await fill(folder, variant);
      digests.add((await store(blobs, folder)).digest);
    }
    expect(digests.size).toBe(variants.length);
  });

  it("puts many small files in a few objects", async () => {
    const blobs = await memoryBlobs();
    const folder = await newFolder();
    for (let at = 0; at < 2_000; at++) {
      const within = join(folder, String(Math.floor(at / 500)));
      if (at % 500 === 0) mkdirSync(within);
      writeFileSync(join(within, `${at}`), noise(275, at));
    }
    const progress: number[] = [];
    const stored = await inSession(blobs, (session) =>
      storeTree(session, blobs, treeOf(folder), {
        name: "tree",
        onProgress: ({ bytes }) => progress.push(bytes),
      }),
    );
    expect((await objectsOf(blobs)).size).toBeLessThanOrEqual(9);
    expect(progress.at(-1)).toBe(2_000 * 275 + stored.size);
  });

  it("reports all files of a folder that is there, large ones and small ones", async () => {
    const blobs = await memoryBlobs();
    const folder = await newFolder();
    writeFileSync(join(folder, "large"), noise(3_000_000, 1));
    writeFileSync(join(folder, "small"), noise(1_000, 2));
    await store(blobs, folder);
    const told: PutProgress[] = [];
    const again = await inSession(blobs, (session) =>
      storeTree(session, blobs, treeOf(folder), {
        name: "tree",
        onProgress: (progress) => told.push(progress),
      }),
    );
    expect(again).toMatchObject({ existed: true, reusedBytes: 3_001_000 });
    expect(told.at(-1)).toEqual({ bytes: 3_001_000, storedBytes: 0, reusedBytes: 3_001_000 });
  });

  it("stores an empty folder", async () => {
    const blobs = await memoryBlobs();
    const { id } = await store(blobs, await newFolder());
    const tree = await Tree.open(blobs, id);
    expect(tree.entries).toEqual([]);
    const target = join(await newFolder(), "new");
    expect(await tree.restore(target)).toEqual({ written: 0, bytes: 0, unchanged: 0 });
    expect(await contentOf(target)).toEqual({});
  });

  it("stores nothing of a folder that it refuses", async () => {
    const blobs = await memoryBlobs();
    const folder = await sampleFolder();
    await fill(folder, { "a/out": { link: "../../x" } });
    await expect(store(blobs, folder)).rejects.toMatchObject({ code: "invalid-argument" });
    expect((await objectsOf(blobs)).size).toBe(0);
  });

  it("ends when the signal fires", async () => {
    const blobs = await memoryBlobs();
    const folder = await sampleFolder();
    await inSession(blobs, async (session) => {
      const stop = new AbortController();
      const stored = storeTree(session, blobs, treeOf(folder), {
        name: "tree",
        signal: stop.signal,
        onProgress: () => stop.abort(),
      });
      await expect(stored).rejects.toMatchObject({ code: "aborted" });
    });
  });
});

describe("a stat cache", () => {
  /** What a cache knows of files whose content is said to be this, as if they had been there for long. */
  async function remember(folder: string, cache: string, content: Record<string, Uint8Array>) {
    const { root, entries } = await walkTree(folder);
    const known = await StatCache.open(cache, root);
    for (const entry of entries) {
      const bytes = content[entry.path];
      if (entry.kind !== "file" || bytes === undefined) continue;
      known.add(entry.path, entry.stamp, sha256(bytes), Date.now() + 60_000);
    }
    await known.save();
  }

  it("is believed, so that files that have not changed are not read", async () => {
    const blobs = await memoryBlobs();
    const folder = await newFolder();
    const cache = await newFolder();
    const large = [noise(MIB + 1, 1), noise(MIB + 1, 2)] as const;
    await fill(folder, { a: "11", b: "22", "large/a": large[0], "large/b": large[1] });
    const first = await store(blobs, folder);
    // Not true, which only reading could tell.
    await remember(folder, cache, { a: Buffer.from("22"), "large/a": large[1] });
    const second = await store(blobs, folder, cache);
    expect(second.id).not.toBe(first.id);
    const tree = await Tree.open(blobs, second.id);
    expect(Buffer.from(await tree.read("a")).toString()).toBe("22");
    expect(Buffer.from(await tree.read("large/a")).equals(large[1])).toBe(true);
  });

  it("is asked by stamp: a file that has changed is read", async () => {
    const blobs = await memoryBlobs();
    const folder = await newFolder();
    const cache = await newFolder();
    const then = new Date(Date.now() - 60_000);
    await fill(folder, { a: "11" });
    await utimes(join(folder, "a"), then, then);
    await remember(folder, cache, { a: Buffer.from("11") });
    await writeFile(join(folder, "a"), "22");
    await utimes(join(folder, "a"), then, then);
    const { id } = await store(blobs, folder, cache);
    const tree = await Tree.open(blobs, id);
    expect(Buffer.from(await tree.read("a")).toString()).toBe("22");
  });

  it("is of no harm when the store does not have what it knows", async () => {
    const blobs = await memoryBlobs();
    const folder = await sampleFolder();
    const cache = await newFolder();
    const files = Object.entries(SAMPLE).filter(([, what]) => typeof what === "string");
    const bytes = files.map(([path, text]) => [path, Buffer.from(text as string, "latin1")]);
    await remember(folder, cache, Object.fromEntries(bytes));
    const { id } = await store(blobs, folder, cache);
    const target = await newFolder();
    await (await Tree.open(blobs, id)).restore(target);
    expect(await contentOf(target)).toEqual(await sorted(SAMPLE));
  });

  it("ends with an error, not with a wrong tree, where a file is not as it was remembered", async () => {
    const blobs = await memoryBlobs();
    const folder = await newFolder();
    const cache = await newFolder();
    await fill(folder, { a: "11" });
    await remember(folder, cache, { a: Buffer.from("33") });
    await expect(store(blobs, folder, cache)).rejects.toMatchObject({
      code: "precondition-failed",
    });
  });

  it("does not remember a file that was written just before it was read", async () => {
    const blobs = await memoryBlobs();
    const folder = await newFolder();
    const cache = await newFolder();
    await fill(folder, { a: "11" });
    await store(blobs, folder, cache);
    const { root, entries } = await walkTree(folder);
    const known = await StatCache.open(cache, root);
    expect(entries[0]?.kind === "file" && known.find("a", entries[0].stamp)).toBeUndefined();
  });
});
