import { describe, expect, it } from "vitest";
import {
  arrayDigest,
  bytesDigest,
  jsonDigest,
  type TreeDigestEntry,
  textDigest,
  treeDigest,
} from "../../../src/cas/digests/index.js";
import { codeOf, errorOf } from "../../formats/json/lode-errors.js";

async function* chunks(bytes: Uint8Array, step: number) {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

describe("digests of bytes and arrays", () => {
  it("are the same from a stream", async () => {
    const bytes = Buffer.from("0123456789abcdef");
    expect(await bytesDigest(chunks(bytes, 3))).toBe(await bytesDigest(bytes));
    const array = { dtype: "f8", shape: [2] } as const;
    const streamed = await arrayDigest({ ...array, bytes: chunks(bytes, 5) });
    expect(streamed).toBe(await arrayDigest({ ...array, bytes }));
  });

  it("refuse bytes that are not the array's, half surrogate pairs, and end on a signal", async () => {
    const bytes = new Uint8Array(16);
    const wrong = [
      { dtype: "f8", shape: [3], bytes },
      { dtype: "f8", shape: [-1], bytes },
      { dtype: "f16", shape: [1], bytes },
    ];
    for (const array of wrong) {
      expect((await errorOf(arrayDigest(array as never))).code).toBe("invalid-argument");
    }
    expect(codeOf(() => textDigest("\ud800")).code).toBe("invalid-argument");
    expect(codeOf(() => jsonDigest(Number.NaN)).code).toBe("invalid-argument");
    const signal = AbortSignal.abort();
    expect((await errorOf(bytesDigest(chunks(bytes, 3), { signal }))).code).toBe("aborted");
  });
});

describe("tree-v1", () => {
  const sha256 = "0".repeat(64);
  const file = (path: string, facts = {}): TreeDigestEntry => ({
    path,
    kind: "file",
    sha256,
    ...facts,
  });
  const link = (path: string, target: string): TreeDigestEntry => ({ path, kind: "link", target });
  const directory = (path: string): TreeDigestEntry => ({ path, kind: "directory" });

  it("does not depend on order, nor on directories that have something in them", () => {
    const entries = [
      file("a/b/c"),
      file("a/\ufb33"),
      file("a/\u{1f600}"),
      link("z", "a"),
      directory("e"),
    ];
    const digest = treeDigest(entries);
    expect(treeDigest([...entries].reverse())).toBe(digest);
    expect(treeDigest([directory("a"), directory("a/b"), ...entries])).toBe(digest);
    expect(treeDigest([...entries, directory("a/d")])).not.toBe(digest);
    expect(treeDigest([...entries.slice(0, -1), file("a/x", { executable: false })])).toBe(
      treeDigest([...entries.slice(0, -1), file("a/x")]),
    );
  });

  it("tells paths, contents, modes, links and kinds apart", () => {
    const trees = [
      [],
      [file("a")],
      [file("b")],
      [file("a", { sha256: "1".repeat(64) })],
      [file("a", { executable: true })],
      [file("a/b")],
      [directory("a")],
      [link("a", "b")],
      [link("a", "c")],
      [link("b", "a")],
      [file("a"), file("b")],
      [file("a\n")],
      [file("é")],
      [file("e\u0301")],
    ];
    expect(new Set(trees.map((tree) => treeDigest(tree))).size).toBe(trees.length);
  });

  it("refuses paths that cannot be in one tree", () => {
    const wrong = [
      [file("")],
      [file("/a")],
      [file("a/")],
      [file("a//b")],
      [file("../a")],
      [file("a/./b")],
      [file("a"), file("a")],
      [file("a"), directory("a")],
      [file("a"), file("a/b")],
      [link("a", "b"), file("a/b/c")],
      [file("a", { sha256: "xyz" })],
      [file("\ud800")],
    ];
    for (const tree of wrong) {
      expect(codeOf(() => treeDigest(tree)).code, JSON.stringify(tree)).toBe("invalid-argument");
    }
  });
});
