import { describe, expect, it } from "vitest";
import { lode, useFolder } from "./lode.js";

const folder = useFolder();
const run = (...argv: string[]) => lode(argv, { cwd: folder.path });

const FILES = {
  "data/foo": "12345",
  "data/foobar": "x",
  "data/foo.d/a.csv": "a",
  "data/foo.d/deep/b.csv": "bb",
  "data/z+1.txt": "z",
};

describe("lode ls", () => {
  it("lists one level, in the order of the keys", async () => {
    await folder.write(FILES);
    const { code, stdout, stderr } = await run("ls", "data/");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "data/foo",
      "data/foo.d/",
      "data/foobar",
      "data/z+1.txt",
      "",
    ]);
    expect(stderr).toBe("");
  });

  it("takes a name as exact: never the names that begin with it", async () => {
    await folder.write(FILES);
    expect((await run("ls", "data/foo")).stdout).toBe("data/foo\n");
    expect((await run("ls", "data/z+1.txt")).stdout).toBe("data/z+1.txt\n");
    const { code, stderr } = await run("ls", "data/fo");
    expect(code).toBe(10);
    expect(stderr).toMatch(/data\/fo is neither an object nor a folder/);
  });

  it("lists what is in a folder whose slash was not written", async () => {
    await folder.write(FILES);
    expect((await run("ls", "data/foo.d")).stdout).toBe("data/foo.d/a.csv\ndata/foo.d/deep/\n");
  });

  it("shows URIs for a URI", async () => {
    await folder.write(FILES);
    const { stdout } = await run("ls", `file://${folder.path}/data/foo.d/`);
    expect(stdout).toBe(
      `file://${folder.path}/data/foo.d/a.csv\nfile://${folder.path}/data/foo.d/deep/\n`,
    );
  });

  it("shows sizes, for people too", async () => {
    await folder.write({ ...FILES, "data/big": "x".repeat(2000) });
    const { stdout } = await run("ls", "-l", "data/foo");
    expect(stdout).toMatch(/^ {11}5 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}data\/foo\n$/);
    expect((await run("ls", "-lh", "data/big")).stdout).toMatch(/^ *1\.95 KiB /);
  });

  it("recurses", async () => {
    await folder.write(FILES);
    expect((await run("ls", "-r", "data/foo.d")).stdout).toBe(
      "data/foo.d/a.csv\ndata/foo.d/deep/b.csv\n",
    );
  });

  it("takes globs, with and without folders between", async () => {
    await folder.write(FILES);
    expect((await run("ls", "data/*.txt")).stdout).toBe("data/z+1.txt\n");
    expect((await run("ls", "data/**/*.csv")).stdout).toBe(
      "data/foo.d/a.csv\ndata/foo.d/deep/b.csv\n",
    );
    expect((await run("ls", "data/foo*")).stdout).toBe("data/foo\ndata/foo.d/\ndata/foobar\n");
    expect((await run("ls", "-r", "data/foo.*")).stdout).toBe(
      "data/foo.d/a.csv\ndata/foo.d/deep/b.csv\n",
    );
  });

  it("takes a name that looks like a glob for the object of that name", async () => {
    await folder.write({ "a[1].txt": "exact", "a1.txt": "glob" });
    expect((await run("ls", "a[1].txt")).stdout).toBe("a[1].txt\n");
    expect((await run("ls", "a[12].txt")).stdout).toBe("a1.txt\n");
    expect((await run("ls", "--literal", "a[12].txt")).code).toBe(10);
  });

  it("takes regular expressions only when asked, and whole", async () => {
    await folder.write(FILES);
    expect((await run("ls", "--regex", "data/foo")).stdout).toBe("data/foo\n");
    expect((await run("ls", "--regex", "data/foo.*")).stdout).toBe(
      "data/foo\ndata/foo.d/\ndata/foobar\n",
    );
    const bad = await run("ls", "--regex", "data/(");
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/regular expression .* cannot be used/);
  });

  it("gives one JSON object a line with stable fields", async () => {
    await folder.write(FILES);
    const { lines } = await run("ls", "--json", "data/");
    expect(lines).toHaveLength(4);
    expect(Object.keys(lines[0] ?? {})).toEqual([
      "type",
      "uri",
      "key",
      "size",
      "lastModified",
      "etag",
    ]);
    expect(lines[0]).toMatchObject({
      type: "object",
      uri: `file://${folder.path}/data/foo`,
      size: 5,
    });
    expect(lines[1]).toEqual({
      type: "folder",
      uri: `file://${folder.path}/data/foo.d/`,
      key: "foo.d/",
    });
  });

  it("gives an error as a line of JSON too", async () => {
    const { code, lines } = await run("ls", "--json", "none");
    expect(code).toBe(10);
    expect(lines).toEqual([
      {
        error: {
          code: "not-found",
          message: `file://${folder.path}/none is neither an object nor a folder`,
          retry: "never",
          operation: "list",
          uri: `file://${folder.path}/none`,
        },
      },
    ]);
  });

  it("lists the configured store if no place is named", async () => {
    await folder.write({ ...FILES, "lode.yaml": "store: data/foo.d\n" });
    expect((await run("ls", "--json")).lines.map((line) => line.key)).toEqual(["a.csv", "deep/"]);
  });

  it("shows control characters on a terminal as what they are", async () => {
    await folder.write({ "evil\u001b[31m": "x" });
    const { stderr } = await run("rm", "-v", "evil\u001b[31m");
    expect(stderr).toContain("evil\\x1b[31m");
    expect(stderr).not.toContain("\u001b");
  });
});

describe("lode list", () => {
  it("prints keys, and the count on standard error", async () => {
    await folder.write(FILES);
    const { code, stdout, stderr } = await run("list", "-r", "data/");
    expect(code).toBe(0);
    expect(stdout).toBe("foo\nfoo.d/a.csv\nfoo.d/deep/b.csv\nfoobar\nz+1.txt\n");
    expect(stderr).toBe("Total objects: 5\n");
  });

  it("counts only", async () => {
    await folder.write(FILES);
    expect((await run("list", "-r", "-c", "data/")).stdout).toBe("Total objects: 5\n");
    expect((await run("list", "-rc", "--json", "data/")).lines).toEqual([
      { type: "count", objects: 5, bytes: 10 },
    ]);
  });

  it("matches a pattern against the key relative to the folder", async () => {
    await folder.write(FILES);
    expect((await run("list", "-r", "-p", ".*\\.csv", "data/")).stdout).toBe(
      "foo.d/a.csv\nfoo.d/deep/b.csv\n",
    );
    expect((await run("list", "-r", "-p", "csv", "data/")).stdout).toBe("");
  });

  it("runs the seed's example with --regex", async () => {
    await folder.write(FILES);
    expect((await run("list", "--regex", "data/foo.d/.*\\.csv")).stdout).toBe(
      "foo.d/a.csv\n".replace("foo.d/", ""),
    );
  });

  it("lists an empty bucket without complaint", async () => {
    expect(await run("list", "mem://lode-cli-empty/")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "Total objects: 0\n",
    });
  });
});

describe("lode tree, du, find and stat", () => {
  it("draws a tree", async () => {
    await folder.write(FILES);
    const { stdout, stderr } = await run("tree", "data");
    expect(stdout).toBe(
      [
        "data",
        "├── foo",
        "├── foo.d/",
        "│   ├── a.csv",
        "│   └── deep/",
        "│       └── b.csv",
        "├── foobar",
        "└── z+1.txt",
        "",
      ].join("\n"),
    );
    expect(stderr).toBe("2 folders, 5 objects\n");
    expect((await run("tree", "-L", "1", "-s", "data")).stdout).toContain("├── foo  (5 B)\n");
    expect((await run("tree", "none")).code).toBe(10);
  });

  it("sums up sizes", async () => {
    await folder.write(FILES);
    expect((await run("du", "data")).stdout).toBe("10\t5\tdata/\n");
    expect((await run("du", "-d", "1", "data")).stdout).toBe("3\t2\tdata/foo.d/\n10\t5\tdata/\n");
    expect((await run("du", "data/foo")).stdout).toBe("5\t1\tdata/foo\n");
    expect((await run("du", "--json", "data")).lines).toEqual([
      { type: "usage", uri: `file://${folder.path}/data/`, objects: 5, bytes: 10 },
    ]);
  });

  it("finds by name, size, age and regular expression", async () => {
    await folder.write(FILES);
    const find = async (...argv: string[]) => (await run("find", "data/", ...argv)).stdout;
    expect(await find("--name", "*.csv")).toBe("data/foo.d/a.csv\ndata/foo.d/deep/b.csv\n");
    expect(await find("--name", "*.csv", "--size", "+2")).toBe("data/foo.d/deep/b.csv\n");
    expect(await find("--size", "-1", "--path", "*")).toBe("data/foobar\ndata/z+1.txt\n");
    expect(await find("--size", "5")).toBe("data/foo\n");
    expect(await find("-p", "foo.d/.*/.*")).toBe("data/foo.d/deep/b.csv\n");
    expect(await find("-p", "foo.d/.*", "--path", "**/a.*")).toBe("data/foo.d/a.csv\n");
    expect((await run("find", "data/", "--regex", "x")).code).toBe(2);
    expect(await find("--newer", "1h", "--size", "5")).toBe("data/foo\n");
    expect(await find("--older", "2000-01-01")).toBe("");
    expect((await run("find", "data/", "--newer", "soon")).stderr).toMatch(/"soon" is no time/);
  });

  it("finds by the part after the searched folder on every store", async () => {
    await folder.write(FILES);
    const uri = "mem://lode-cli-find/x/";
    await run("cp", "-r", "data/", uri);
    for (const place of [uri, uri.slice(0, -1)]) {
      const find = async (...argv: string[]) => (await run("find", place, ...argv)).stdout;
      expect(await find("--path", "foo.d/*.csv")).toBe(`${uri}foo.d/a.csv\n`);
      expect(await find("-p", "foo.d/[^/]*")).toBe(`${uri}foo.d/a.csv\n`);
      expect(await find("--path", "x/**")).toBe("");
    }
  });

  it("shows what is known of an object", async () => {
    await folder.write(FILES);
    const { stdout } = await run("stat", "data/foo");
    expect(stdout).toMatch(
      /^URI {13}: file:\/\/.*\/data\/foo\nSize {12}: 5\nLastModified {4}: \d{4}-/,
    );
    expect((await run("stat", "data/fo")).code).toBe(10);
    expect((await run("stat", "--json", "data/foo")).lines[0]).toMatchObject({ size: 5 });
  });
});
