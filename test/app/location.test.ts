import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asFolder, bucketOf, displayUri, locationOf } from "../../src/app/index.js";
import { splitAtContainer } from "../../src/app/split-location.js";

const CWD = "/home/me/work";
const key = (text: string) => locationOf(text, CWD).uri.key;

describe("locationOf", () => {
  it("takes a path from the working directory, and keeps the slash that says folder", () => {
    expect(key("a/b.txt")).toBe("home/me/work/a/b.txt");
    expect(key("a/")).toBe("home/me/work/a/");
    expect(key(".")).toBe("home/me/work");
    expect(key("./")).toBe("home/me/work/");
    expect(key("../x")).toBe("home/me/x");
    expect(key("/etc/hosts")).toBe("etc/hosts");
    expect(key("/")).toBe("");
  });

  it("takes a URI verbatim", () => {
    expect(locationOf("s3://bucket/a b/../c?x", CWD)).toMatchObject({
      bare: false,
      uri: { scheme: "s3", container: "bucket", key: "a b/../c?x" },
    });
  });

  it("refuses an empty text and an unknown scheme", () => {
    expect(() => locationOf("", CWD)).toThrow(/no place/);
    expect(() => locationOf("gs://bucket", CWD)).toThrow(/scheme is none of/);
  });
});

describe("displayUri", () => {
  it("shows a path for a path, a URI for a URI", () => {
    const show = (uri: string, text: string) => displayUri(uri, locationOf(text, CWD), CWD);
    expect(show("file:///home/me/work/a/b", "a")).toBe("a/b");
    expect(show("file:///home/me/work/a/b", "/home/me/work/a")).toBe("/home/me/work/a/b");
    expect(show("file:///home/me/x", "../x")).toBe("/home/me/x");
    expect(show("file:///home/me/work/", ".")).toBe(".");
    expect(show("file:///home/me/work/a", "file:///home/me/work")).toBe("file:///home/me/work/a");
    expect(show("s3://b/k", "s3://b")).toBe("s3://b/k");
  });
});

describe("splitAtContainer", () => {
  const split = (text: string, pattern = false) =>
    splitAtContainer(locationOf(text, CWD).uri, pattern);

  it("cuts at the bucket, or at the last folder of a path", () => {
    expect(split("s3://b/x/y")).toEqual({ container: "s3://b", key: "x/y" });
    expect(split("az://acc/con/x/y")).toEqual({ container: "az://acc/con", key: "x/y" });
    expect(split("file:///x/y/z")).toEqual({ container: "file:///x/y", key: "z" });
    expect(split("direct:///x/y/")).toEqual({ container: "direct:///x/y", key: "" });
    expect(split("s3://b/k?endpoint=http://h:1")).toEqual({
      container: "s3://b?endpoint=http://h:1",
      key: "k",
    });
  });

  it("cuts before the first folder that is a pattern", () => {
    expect(split("file:///x/*/z.txt", true)).toEqual({ container: "file:///x", key: "*/z.txt" });
    expect(split("file:///x/y{a,b}", true)).toEqual({ container: "file:///x", key: "y{a,b}" });
  });

  it("loses nothing", () => {
    const segment = fc.stringMatching(/^[a-z*[\]{}]{1,4}$/);
    const segments = fc.array(segment, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(segments, fc.boolean(), (parts, pattern) => {
        const uri = `file:///${parts.join("/")}`;
        const { container, key: rest } = split(uri, pattern);
        expect(`${container.replace(/\/$/, "")}/${rest}`).toBe(uri);
      }),
    );
  });
});

describe("asFolder and bucketOf", () => {
  it("put the slash before parameters", () => {
    expect(asFolder("s3://b/p?endpoint=http://h:1", CWD)).toBe("s3://b/p/?endpoint=http://h:1");
    expect(asFolder(".lode/objects", CWD)).toBe(`file://${CWD}/.lode/objects/`);
  });

  it("name the bucket, or the folder itself", () => {
    expect(bucketOf("s3://b/p/q", CWD)).toBe("s3://b");
    expect(bucketOf("file:///x/y", CWD)).toBe("file:///x/y");
  });
});
