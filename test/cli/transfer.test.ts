import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lode, useFolder } from "./lode.js";

const folder = useFolder();
const run = (...argv: string[]) => lode(argv, { cwd: folder.path });
const text = (name: string) => readFile(join(folder.path, name), "utf8");
const tree = async (name = ".") => {
  const entries = await readdir(join(folder.path, name), { recursive: true, withFileTypes: true });
  const base = join(folder.path, name);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
    .sort();
};

const FILES = { "d/a.txt": "one", "d/b.csv": "two", "d/sub/c.txt": "three" };

describe("lode cp", () => {
  it("copies a file to a name, into a folder by its slash, and into one that exists", async () => {
    await folder.write(FILES);
    expect(await run("cp", "d/a.txt", "x")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await text("x")).toBe("one");
    await run("cp", "d/a.txt", "new/");
    expect(await text("new/a.txt")).toBe("one");
    await mkdir(join(folder.path, "there"));
    await run("cp", "d/a.txt", "d/b.csv", "there");
    expect(await tree("there")).toEqual(["a.txt", "b.csv"]);
  });

  it("keeps a folder's name, or gives what is in it", async () => {
    await folder.write(FILES);
    await run("cp", "-r", "d", "into/");
    await run("cp", "-r", "d/", "content/");
    await run("cp", "-r", "d", "renamed");
    expect(await tree("into")).toEqual(["d/a.txt", "d/b.csv", "d/sub/c.txt"]);
    expect(await tree("content")).toEqual(["a.txt", "b.csv", "sub/c.txt"]);
    expect(await tree("renamed")).toEqual(["a.txt", "b.csv", "sub/c.txt"]);
  });

  it("asks for -r before it copies a folder", async () => {
    await folder.write(FILES);
    for (const source of ["d", "d/"]) {
      const { code, stderr } = await run("cp", source, "out/");
      expect(code).toBe(2);
      expect(stderr).toMatch(/is a folder; add -r/);
    }
  });

  it("copies between stores, there and back", async () => {
    await folder.write(FILES);
    const uri = "mem://lode-cli-roundtrip/p/";
    const { stderr } = await run("cp", "-r", "d/", uri);
    const [warning, summary] = stderr.split("\n");
    expect(warning).toMatch(/^lode: .*memory: what is written there is gone when it ends$/);
    expect(summary).toMatch(/^3 objects, 11 B in /);
    expect((await run("ls", "-r", uri)).stdout).toBe(`${uri}a.txt\n${uri}b.csv\n${uri}sub/c.txt\n`);
    await run("cp", "-r", "--verify", uri, "back/");
    expect(await tree("back")).toEqual(["a.txt", "b.csv", "sub/c.txt"]);
    expect(await text("back/sub/c.txt")).toBe("three");
  });

  it("copies what a pattern matches, in its shape", async () => {
    await folder.write(FILES);
    await run("cp", "d/**/*.txt", "out/");
    expect(await tree("out")).toEqual(["a.txt", "sub/c.txt"]);
    const none = await run("cp", "d/*.zip", "out/");
    expect(none.code).toBe(10);
    expect(none.stderr).toMatch(/d\/\*\.zip matches no object/);
  });

  it("copies by regular expression, include and exclude", async () => {
    await folder.write(FILES);
    await run("cp", "--regex", "d/[ab]\\..*", "r/");
    expect(await tree("r")).toEqual(["a.txt", "b.csv"]);
    await run("cp", "-r", "--include", "**/*.txt", "--exclude", "a*", "d/", "i/");
    expect(await tree("i")).toEqual(["sub/c.txt"]);
  });

  it("copies a list from a file or standard input, and tells which key was missing", async () => {
    await folder.write({ ...FILES, list: "a.txt\n# a comment\n\nsub/c.txt\n" });
    await run("cp", "--files-from", "list", "d/", "out/");
    expect(await tree("out")).toEqual(["a.txt", "sub/c.txt"]);
    const stdin = "b.csv\nnone\n";
    const { code, stderr } = await lode(["cp", "--files-from", "-", "d", "out2"], {
      cwd: folder.path,
      stdin,
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/d\/none .*failed: .*\[not-found\]/);
    expect(stderr).toMatch(/1 of 2 objects failed/);
    expect(await tree("out2")).toEqual(["b.csv"]);
  });

  it("refuses many sources for one name", async () => {
    await folder.write(FILES);
    const { code, stderr } = await run("cp", "d/a.txt", "d/b.csv", "one");
    expect(code).toBe(2);
    expect(stderr).toMatch(/end it with \/ to copy into a folder/);
  });

  it("refuses two sources of one name, before it copies anything", async () => {
    await folder.write({ "p/x": "1", "q/x": "2", "p/d/a": "3", "q/d/b": "4" });
    const { code, stderr } = await run("cp", "p/x", "q/x", "out/");
    expect(code).toBe(2);
    expect(stderr).toMatch(/p\/x and q\/x would both be copied to the name x/);
    expect((await run("cp", "-r", "p/d", "q/d", "out/")).code).toBe(2);
    expect((await run("cp", "-r", "p/d/", "q/d/", "out/")).code).toBe(0);
    expect(await tree("out")).toEqual(["a", "b"]);
  });

  it("keeps targets that exist if told so", async () => {
    await folder.write({ ...FILES, t: "old" });
    expect((await run("cp", "--no-clobber", "d/a.txt", "t")).code).toBe(0);
    expect((await run("cp", "--if-absent", "d/a.txt", "t")).code).toBe(11);
    expect(await text("t")).toBe("old");
  });

  it("changes nothing in a dry run and prints what it would do as data", async () => {
    await folder.write(FILES);
    const { code, stdout, stderr } = await run("cp", "-r", "--dry-run", "d/", "out/");
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toBe(
      `would copy file://${folder.path}/d/a.txt -> file://${folder.path}/out/a.txt`,
    );
    expect(stderr).toBe("3 objects planned, nothing changed\n");
    expect(await tree()).toEqual(["d/a.txt", "d/b.csv", "d/sub/c.txt"]);
  });

  it("tells each object and the sum as JSON", async () => {
    await folder.write(FILES);
    const { lines } = await run("cp", "-r", "--json", "d/", "out/");
    expect(lines.map((line) => [line.type, line.status])).toEqual([
      ["item", "done"],
      ["item", "done"],
      ["item", "done"],
      ["summary", undefined],
    ]);
    expect(lines.at(-1)).toMatchObject({ copied: 3, failed: 0, bytes: 11 });
  });

  it("never follows a link out of the target folder", async () => {
    await folder.write({ "in/link/x": "evil", "outside/keep": "k" });
    await mkdir(join(folder.path, "out"));
    await symlink(join(folder.path, "outside"), join(folder.path, "out", "link"));
    const { code } = await run("cp", "-r", "in/", "out/");
    expect(code).not.toBe(0);
    expect(await tree("outside")).toEqual(["keep"]);
  });
});

describe("lode mv", () => {
  it("moves and leaves nothing behind", async () => {
    await folder.write(FILES);
    await run("mv", "d/a.txt", "d/z.txt");
    await run("mv", "-r", "d/", "moved/");
    expect(await tree()).toEqual(["moved/b.csv", "moved/sub/c.txt", "moved/z.txt"]);
    expect(await text("moved/z.txt")).toBe("one");
  });

  it("refuses to merge folders, whose names may be the same", async () => {
    await folder.write({ "a/x.txt": "one", "a/y.csv": "two", "b/x.txt": "three" });
    for (const sources of [
      ["a/*.txt", "b/*.txt"],
      ["-r", "a/", "b/"],
      ["a/x.txt", "b/*"],
    ]) {
      const { code, stderr } = await run("mv", ...sources, "out/");
      expect(code).toBe(2);
      expect(stderr).toMatch(/may have the same names/);
    }
    expect(await tree()).toEqual(["a/x.txt", "a/y.csv", "b/x.txt"]);
    await run("mv", "a/*.txt", "a/*.csv", "out/");
    expect(await tree()).toEqual(["b/x.txt", "out/x.txt", "out/y.csv"]);
  });

  it("refuses a target that ends with the command", async () => {
    await folder.write(FILES);
    const { code, stderr } = await run("mv", "-r", "d/", "mem://lode-cli-moved/");
    expect(code).toBe(2);
    expect(stderr).toMatch(/would be lost when it ends; choose a lasting target/);
    expect(await tree()).toEqual(["d/a.txt", "d/b.csv", "d/sub/c.txt"]);
  });

  it("changes nothing in a dry run", async () => {
    await folder.write(FILES);
    expect((await run("mv", "--dry-run", "d/a.txt", "x")).stdout).toMatch(/^would move /);
    expect(await tree()).toEqual(["d/a.txt", "d/b.csv", "d/sub/c.txt"]);
  });
});

describe("lode sync", () => {
  it("copies what is missing or changed, deletes only when told", async () => {
    await folder.write({ ...FILES, "t/extra": "e", "t/b.csv": "other length" });
    await run("sync", "d", "t");
    expect(await tree("t")).toEqual(["a.txt", "b.csv", "extra", "sub/c.txt"]);
    expect(await text("t/b.csv")).toBe("two");
    const again = await run("sync", "--json", "d", "t");
    expect(again.lines.at(-1)).toMatchObject({ copied: 0, skipped: 3 });
    expect((await run("sync", "--delete", "--dry-run", "d", "t")).stdout).toMatch(
      /^would delete .*\/t\/extra\n$/,
    );
    await run("sync", "--delete", "d", "t");
    expect(await tree("t")).toEqual(["a.txt", "b.csv", "sub/c.txt"]);
  });

  it("refuses to delete everything because of a misspelt source", async () => {
    await folder.write(FILES);
    expect((await run("sync", "--delete", "none", "d")).code).toBe(2);
    expect(await tree("d")).toHaveLength(3);
    expect((await run("sync", "--compare", "mood", "d", "t")).stderr).toMatch(/none of auto, size/);
  });
});

describe("lode rm and delete", () => {
  it("deletes an exact name and never what begins with it", async () => {
    await folder.write({ foo: "1", foobar: "2", "foo.bak": "3" });
    expect((await run("rm", "foo")).code).toBe(0);
    expect(await tree()).toEqual(["foo.bak", "foobar"]);
    expect((await run("rm", "foo")).code).toBe(10);
    expect((await run("rm", "-f", "foo")).code).toBe(0);
    expect(await tree()).toEqual(["foo.bak", "foobar"]);
  });

  it("needs -r or a pattern for more than one, and tells the count", async () => {
    await folder.write(FILES);
    for (const argv of [
      ["rm", "d"],
      ["rm", "d/"],
      ["delete", "d/"],
    ]) {
      const { code, stderr } = await run(...argv);
      expect(code).toBe(2);
      expect(stderr).toMatch(/is a folder; add -r/);
    }
    expect(await tree()).toHaveLength(3);
    expect((await run("rm", "d/*.*")).stderr).toBe("2 objects deleted\n");
    await folder.write(FILES);
    expect((await run("delete", "-r", "d/")).stderr).toBe("3 objects deleted\n");
    expect(await tree()).toEqual([]);
  });

  it("deletes many exact names at once, and none if one of them is missing", async () => {
    const names = Array.from({ length: 100 }, (_, i) => `n${i}`);
    await folder.write(Object.fromEntries(names.map((name) => [name, ""])));
    expect((await run("rm", ...names, "missing")).code).toBe(10);
    expect(await tree()).toHaveLength(100);
    expect((await run("rm", ...names)).stderr).toBe("100 objects deleted\n");
    await folder.write(FILES);
    expect((await run("rm", "-f", "missing", "d/a.txt", "d/b.csv")).stderr).toBe(
      "2 objects deleted\n",
    );
    expect(await tree()).toEqual(["d/sub/c.txt"]);
  });

  it("changes nothing in a dry run", async () => {
    await folder.write(FILES);
    const { stdout, stderr } = await run("rm", "-r", "--dry-run", "d");
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(stderr).toBe("3 objects planned, nothing changed\n");
    expect((await run("rm", "--dry-run", "d/a.txt")).stdout).toMatch(/^would delete .*a\.txt\n$/);
    expect(await tree()).toHaveLength(3);
  });

  it("deletes by regular expression within the folder only", async () => {
    await folder.write({ ...FILES, "d/a.txt.bak": "b" });
    await run("rm", "--regex", "d/a\\.txt");
    expect(await tree("d")).toEqual(["a.txt.bak", "b.csv", "sub/c.txt"]);
    await run("delete", "-r", "-p", ".*\\.txt", "d/");
    expect(await tree("d")).toEqual(["a.txt.bak", "b.csv"]);
  });

  it("deletes a list of keys", async () => {
    await folder.write(FILES);
    await lode(["rm", "--files-from", "-", "d/"], {
      cwd: folder.path,
      stdin: "a.txt\nsub/c.txt\n",
    });
    expect(await tree("d")).toEqual(["b.csv"]);
  });

  it("deletes a name with the characters of a pattern literally", async () => {
    await folder.write({ "a*": "1", ab: "2" });
    await run("rm", "a*");
    expect(await tree()).toEqual(["ab"]);
    expect((await run("rm", "--literal", "a*")).code).toBe(10);
  });
});

describe("lode upload and download", () => {
  it("uploads files, globs and folders, into a bucket that it creates", async () => {
    await folder.write(FILES);
    const uri = "mem://lode-cli-upload/up";
    expect((await run("upload", "-c", "d/*.txt", "d/sub", uri)).code).toBe(0);
    expect((await run("list", "-r", `${uri}/`)).stdout).toBe("up/a.txt\nup/sub/c.txt\n");
    expect((await run("upload", uri, "x")).stderr).toMatch(/is no local file/);
  });

  it("downloads one level, or all with -r, in the tree's shape", async () => {
    await folder.write(FILES);
    await run("cp", "-r", "d/", "mem://lode-cli-download/");
    await run("download", "mem://lode-cli-download/", "one");
    await run("download", "-r", "mem://lode-cli-download/", "all");
    await run("download", "mem://lode-cli-download/sub/c.txt", "file");
    expect(await tree("one")).toEqual(["a.txt", "b.csv"]);
    expect(await tree("all")).toEqual(["a.txt", "b.csv", "sub/c.txt"]);
    expect(await tree("file")).toEqual(["c.txt"]);
    expect((await run("download", "d/a.txt", "mem://x/")).stderr).toMatch(/is no local folder/);
  });

  it("never leaves the local folder, whatever a key is", async () => {
    const stdin = "evil";
    const put = await lode(["pipe", "mem://lode-cli-evil/a/../../../../x"], { stdin });
    expect(put.code).toBe(0);
    const { code, stderr } = await run("download", "-r", "mem://lode-cli-evil/", "in/out");
    expect(code).toBe(2);
    expect(stderr).toMatch(/"\.\." would leave the target's folder/);
    expect(await tree()).toEqual([]);
  });
});
