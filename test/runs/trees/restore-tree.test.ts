import { readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { BlobStore } from "../../../src/cas/index.js";
import { type RestoreOptions, storeTree, Tree, treeOf } from "../../../src/runs/trees/index.js";
import { isGrouped, type TreeEntry } from "../../../src/runs/trees/tree-entry.js";
import { inSession, memoryBlobs } from "../blob-places.js";
import { type Content, contentOf, fill, newFolder } from "./folders.js";
import { documentBytes, documentOf, sha256 } from "./tree-documents.js";

const CONTENT: Content = {
  "a/one.txt": "1",
  "a/two.csv": "22",
  "a/b/three.txt": "1",
  "c/link": { link: "../a/one.txt" },
  "d/empty": null,
  zero: "",
};

let blobs: BlobStore;
let tree: Tree;

beforeEach(async () => {
  blobs = await memoryBlobs();
  tree = await treeWith(CONTENT);
});

async function treeWith(content: Content): Promise<Tree> {
  const folder = await newFolder();
  await fill(folder, content);
  const { id } = await inSession(blobs, (session) =>
    storeTree(session, blobs, treeOf(folder), { name: "tree" }),
  );
  return Tree.open(blobs, id);
}

/** A tree of a document that no writer made, and of these contents. */
async function hostileTree(entries: TreeEntry[], contents: readonly string[]): Promise<Tree> {
  const id = await inSession(blobs, async (session) => {
    const bytes = Buffer.from(contents.join(""));
    const group = await session.put(bytes, { name: "x", type: "files", format: "files" });
    const { groups } = documentOf(entries);
    const named = groups.map((one) => ({ ...one, blob: group.id }));
    const document = documentBytes({ entries, groups: named });
    return (await session.put(document, { name: "x", type: "tree", format: "tree" })).id;
  });
  return Tree.open(blobs, id);
}

function file(path: string, text: string): TreeEntry {
  return { kind: "file", path, size: text.length, sha256: sha256(text), executable: false };
}

describe("Tree.restore", () => {
  it.each<[string, RestoreOptions["include"], string[]]>([
    ["a glob", ["**/*.txt"], ["a/b/three.txt", "a/one.txt"]],
    ["a folder", ["a/b"], ["a/b/three.txt"]],
    ["a folder with its slash", ["d/"], ["d/empty"]],
    ["a file and a link", ["zero", "c/*"], ["c/link", "zero"]],
  ])("restores what %s chooses", async (_, include, paths) => {
    const target = await newFolder();
    await tree.restore(target, { include });
    expect(Object.keys(await contentOf(target))).toEqual(paths);
  });

  it("refuses a pattern that chooses nothing, before anything is made", async () => {
    const target = join(await newFolder(), "new");
    const restored = tree.restore(target, { include: ["zero", "none/**"] });
    await expect(restored).rejects.toMatchObject({ code: "not-found" });
    await expect(readdir(target)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("leaves what is there alone", async () => {
    const target = await newFolder();
    await fill(target, { "a/mine": "mine" });
    await tree.restore(target);
    const again = await tree.restore(target);
    expect(again).toEqual({ written: 0, bytes: 0, unchanged: 5 });
    expect(await contentOf(target)).toEqual({ ...CONTENT, "a/mine": "mine" });
  });

  it.each<[string, Content]>([
    ["a file", { "a/two.csv": "33" }],
    ["a file of another size", { "a/two.csv": "3" }],
    ["a link in the place of a file", { "a/two.csv": { link: "/etc/passwd" } }],
    ["another link", { "c/link": { link: "/etc" } }],
    ["a file in the place of a link", { "c/link": "1" }],
  ])("replaces %s only if it is told to", async (_, there) => {
    const target = await newFolder();
    await fill(target, there);
    await expect(tree.restore(target)).rejects.toMatchObject({ code: "already-exists" });
    expect(await contentOf(target)).toMatchObject(there);
    await tree.restore(target, { overwrite: true });
    expect(await contentOf(target)).toEqual(CONTENT);
  });

  it("never goes through a link in the target", async () => {
    const folder = await newFolder();
    await fill(folder, { "outside/keep": "1", "in/x": "1" });
    await symlink("../outside", join(folder, "in/a"));
    const restored = tree.restore(join(folder, "in"), { overwrite: true });
    await expect(restored).rejects.toMatchObject({ code: "already-exists" });
    expect(await contentOf(join(folder, "outside"))).toEqual({ keep: "1" });
  });

  it("writes links last, so that no file of the tree goes through one", async () => {
    // On a file system without upper and lower case, A is a.
    const made = await hostileTree(
      [{ kind: "link", path: "A", target: "b" }, file("a/x", "1"), file("b/y", "2")],
      ["1", "2"].sort((x, y) => (sha256(x) < sha256(y) ? -1 : 1)),
    );
    const target = await newFolder();
    await made.restore(target);
    expect(await contentOf(target)).toEqual({ A: { link: "b" }, "a/x": "1", "b/y": "2" });
  });

  it.each([
    ["other bytes", ["2"]],
    ["too few bytes", [""]],
  ])("writes no file of which the store has %s", async (_, contents) => {
    const made = await hostileTree([file("a", "1")], contents);
    const target = await newFolder();
    await expect(made.restore(target)).rejects.toSatisfy(
      ({ code }) => code === "integrity" || code === "invalid-argument",
    );
    await expect(made.read("a")).rejects.toSatisfy(
      ({ code }) => code === "integrity" || code === "invalid-argument",
    );
    expect(await readdir(target)).toEqual([]);
  });

  it("names the blob that is no tree", async () => {
    const { id } = await inSession(blobs, (session) =>
      session.put(Buffer.from('{"version":1}'), { name: "x", type: "json", format: "json" }),
    );
    await expect(Tree.open(blobs, id)).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringContaining(id),
    });
    const none = sha256("none");
    await expect(Tree.open(blobs, none)).rejects.toMatchObject({ code: "not-found" });
  });

  it("leaves no half of a file when it is stopped", async () => {
    const target = await newFolder();
    const stop = new AbortController();
    const restored = tree.restore(target, {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(restored).rejects.toMatchObject({ code: "aborted" });
    for (const [path, what] of Object.entries(await contentOf(target))) {
      expect([CONTENT[path], null]).toContainEqual(what);
    }
    await tree.restore(target);
    expect(await contentOf(target)).toEqual(CONTENT);
  });

  it("restores a file of each place, large ones too", async () => {
    const large = Buffer.alloc(2 * 1024 * 1024 + 3, "abcdefg");
    const made = await treeWith({ large, small: "1" });
    expect(made.entries.filter((entry) => entry.kind === "file" && isGrouped(entry))).toHaveLength(
      1,
    );
    const target = await newFolder();
    await writeFile(join(target, "large"), large);
    expect(await made.restore(target)).toEqual({ written: 1, bytes: 1, unchanged: 1 });
  });
});
