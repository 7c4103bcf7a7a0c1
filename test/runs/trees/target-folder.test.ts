import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TargetFolder } from "../../../src/runs/trees/target-folder.js";
import type { TreeFile } from "../../../src/runs/trees/tree-entry.js";
import { contentOf, fill, newFolder } from "./folders.js";
import { sha256 } from "./tree-documents.js";

function file(path: string, text: string): TreeFile {
  const executable = path.endsWith(".sh");
  return { kind: "file", path, size: text.length, sha256: sha256(text), executable };
}

async function write(target: TargetFolder, path: string, text: string): Promise<void> {
  await target.writeBytes(file(path, text), Buffer.from(text));
}

describe("TargetFolder", () => {
  it("makes files, their folders and links", async () => {
    const folder = join(await newFolder(), "new");
    const target = await TargetFolder.open(folder);
    await Promise.all([write(target, "a/b/c", "1"), write(target, "a/b/d.sh", "2")]);
    await target.folder("e/f");
    await target.link({ kind: "link", path: "a/link", target: "../e" });
    expect(await contentOf(folder)).toEqual({
      "a/b/c": "1",
      "a/b/d.sh": "2",
      "a/link": { link: "../e" },
      "e/f": null,
    });
  });

  it("does not write, look or make folders through a link", async () => {
    const folder = await newFolder();
    await fill(folder, { "outside/c": "1", "in/way": { link: "../outside" } });
    const target = await TargetFolder.open(join(folder, "in"));
    const refusal = { code: "already-exists" };
    await expect(write(target, "way/c", "2")).rejects.toMatchObject(refusal);
    await expect(target.folder("way/d")).rejects.toMatchObject(refusal);
    await expect(target.findFile(file("way/c", "1"))).rejects.toMatchObject(refusal);
    await expect(target.link({ kind: "link", path: "way/d", target: "x" })).rejects.toMatchObject(
      refusal,
    );
    expect(await contentOf(join(folder, "outside"))).toEqual({ c: "1" });
  });

  it("replaces a link by a file, not what the link points to", async () => {
    const folder = await newFolder();
    await fill(folder, { outside: "1", "in/a": { link: "../outside" } });
    const target = await TargetFolder.open(join(folder, "in"));
    expect(await target.findFile(file("a", "1"))).toBe("other");
    await write(target, "a", "2");
    expect(await contentOf(folder)).toEqual({ outside: "1", "in/a": "2" });
  });

  it("leaves nothing of a file whose bytes are wrong", async () => {
    const folder = await newFolder();
    await fill(folder, { a: "old" });
    const target = await TargetFolder.open(folder);
    const refusal = { code: "integrity", details: { path: "a" } };
    const pieces = (async function* () {
      yield Buffer.from("ne");
      yield Buffer.from("v");
    })();
    await expect(target.write(file("a", "new"), pieces)).rejects.toMatchObject(refusal);
    await expect(target.writeBytes(file("a", "new"), Buffer.from("nev"))).rejects.toMatchObject(
      refusal,
    );
    expect(await contentOf(folder)).toEqual({ a: "old" });
  });

  it("tells what is there, and mends the mode", async () => {
    const folder = await newFolder();
    await fill(folder, { a: "1", "b.sh": "2", c: { link: "a" }, d: null });
    const target = await TargetFolder.open(folder);
    expect(await target.findFile(file("a", "1"))).toBe("same");
    expect(await target.findFile(file("a", "2"))).toBe("other");
    expect(await target.findFile(file("none", "1"))).toBe("nothing");
    expect(await target.findFile(file("d", "1"))).toBe("other");
    expect(await target.findLink({ kind: "link", path: "c", target: "a" })).toBe("same");
    expect(await target.findLink({ kind: "link", path: "c", target: "b" })).toBe("other");
    expect(await target.findFile({ ...file("a", "1"), executable: true })).toBe("same");
    await expect(contentOf(folder)).rejects.toThrow("mode of a");
  });

  it("does not put a file in the place of a folder", async () => {
    const folder = await newFolder();
    await fill(folder, { "a/b": "1" });
    const target = await TargetFolder.open(folder);
    await expect(write(target, "a", "2")).rejects.toMatchObject({ code: "already-exists" });
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it("refuses to be a file", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "a"), "1");
    await expect(TargetFolder.open(join(folder, "a"))).rejects.toMatchObject({
      code: "already-exists",
    });
    expect(await readFile(join(folder, "a"), "utf8")).toBe("1");
  });
});
