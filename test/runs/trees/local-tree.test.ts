import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { walkTree } from "../../../src/runs/trees/local-tree.js";
import { fill, newFolder } from "./folders.js";

describe("walkTree", () => {
  it("gives files, empty folders and links in order of their bytes", async () => {
    const folder = await newFolder();
    await fill(folder, {
      "a/b.txt": "1",
      "a-b": "22",
      "a/run.sh": "#!",
      "z/empty": null,
      "\u{10000}": "",
      "\uffff": "",
      "z/link": { link: "../a/b.txt" },
      up: { link: "a" },
    });
    const { entries } = await walkTree(folder);
    expect(entries.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "file a-b",
      "file a/b.txt",
      "file a/run.sh",
      "link up",
      "directory z/empty",
      "link z/link",
      "file \uffff",
      "file \u{10000}",
    ]);
    expect(entries[0]).toMatchObject({ executable: false, stamp: { size: 2 } });
    expect(entries[2]).toMatchObject({ executable: true });
    expect(entries[5]).toEqual({ kind: "link", path: "z/link", target: "../a/b.txt" });
  });

  it("follows a link to the folder itself", async () => {
    const folder = await newFolder();
    await fill(folder, { "real/a": "1", there: { link: "real" } });
    const { entries } = await walkTree(join(folder, "there"));
    expect(entries.map(({ path }) => path)).toEqual(["a"]);
  });

  it.each([
    ["out", "../secret"],
    ["a/b/out", "../../../secret"],
    ["out", "/etc/passwd"],
    ["a/out", "b/../../../x"],
    ["out", "a/../b"],
    ["out", "a//b"],
  ])("refuses the link %s to %s", async (path, link) => {
    const folder = await newFolder();
    await fill(folder, { "a/b/c": "1", [path]: { link } });
    await expect(walkTree(folder)).rejects.toMatchObject({
      code: "invalid-argument",
      details: { path },
    });
  });

  it("refuses names that are not UTF-8", async () => {
    const folder = await newFolder();
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff])]), "x");
    await expect(walkTree(folder)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("refuses sockets and pipes", async () => {
    const folder = await newFolder();
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await expect(walkTree(folder)).rejects.toMatchObject({ details: { path: "pipe" } });

    const other = await newFolder();
    const server = createServer().listen(join(other, "socket"));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    await expect(walkTree(other)).rejects.toMatchObject({ details: { path: "socket" } });
  });

  it("says that a folder is missing, or is a file", async () => {
    const folder = await newFolder();
    await fill(folder, { file: "1" });
    await expect(walkTree(join(folder, "none"))).rejects.toMatchObject({ code: "not-found" });
    await expect(walkTree(join(folder, "file"))).rejects.toMatchObject({ code: "not-found" });
  });

  it("ends when the signal fires", async () => {
    const folder = await newFolder();
    await expect(walkTree(folder, AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
  });
});
