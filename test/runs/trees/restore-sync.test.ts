import { fstatSync, readlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { storeTree, Tree, treeOf } from "../../../src/runs/trees/index.js";
import { inSession, memoryBlobs } from "../blob-places.js";
import { fill, newFolder } from "./folders.js";

const synced: string[] = [];

function note(descriptor: number): void {
  synced.push(
    fstatSync(descriptor).isDirectory()
      ? readlinkSync(`/proc/self/fd/${descriptor}`)
      : `${fstatSync(descriptor).size} bytes`,
  );
}

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return {
    ...fs,
    fsync(descriptor: number, done: (error: Error | null) => void) {
      note(descriptor);
      fs.fsync(descriptor, done);
    },
  };
});

describe.runIf(process.platform === "linux")("a restored tree", () => {
  let tree: Tree;
  let parent = "";

  beforeEach(async () => {
    parent = await newFolder();
    const folder = await newFolder();
    await fill(folder, { "a/small": "12345", large: "x".repeat(2_000_000), link: { link: "a" } });
    const blobs = await memoryBlobs();
    const { id } = await inSession(blobs, (session) =>
      storeTree(session, blobs, treeOf(folder), { name: "tree" }),
    );
    tree = await Tree.open(blobs, id);
    const handle = await open(parent);
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const { sync } = prototype;
    vi.spyOn(prototype, "sync").mockImplementation(function (this: typeof handle) {
      note(this.fd);
      return sync.call(this);
    });
    synced.length = 0;
  });

  it("is on the disk when success is told: files before folders, and those that were made above", async () => {
    await tree.restore(join(parent, "new/target"));
    expect(synced.slice(0, 2).sort()).toEqual(["2000000 bytes", "5 bytes"]);
    expect(synced.slice(2).sort()).toEqual(
      ["", "/new", "/new/target", "/new/target/a"].map((path) => `${parent}${path}`),
    );
  });

  it("is in the cache only, where that is asked for", async () => {
    await tree.restore(join(parent, "new/target"), { sync: "none" });
    expect(synced).toEqual([]);
  });
});
