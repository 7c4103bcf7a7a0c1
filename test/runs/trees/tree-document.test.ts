import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { treeDigest } from "../../../src/cas/index.js";
import { canonicalJson } from "../../../src/formats/index.js";
import { parseTree } from "../../../src/runs/trees/parse-tree.js";
import type { TreeEntry } from "../../../src/runs/trees/tree-entry.js";
import { documentBytes, documentOf, sha256, treeDocuments } from "./tree-documents.js";

const BLOB = sha256("tree");
const URI = `mem://x/data/${BLOB}/`;

function file(path: string, size = 3): TreeEntry {
  return { kind: "file", path, size, sha256: sha256(path), executable: false };
}

describe("a tree's document", () => {
  it("comes back as it was, and is canonical JSON", () => {
    fc.assert(
      fc.property(treeDocuments, (document) => {
        const bytes = documentBytes(document);
        expect(parseTree(bytes, URI)).toEqual(document);
        expect(bytes.toString("utf8")).toBe(canonicalJson(JSON.parse(bytes.toString("utf8"))));
        expect(treeDigest(document.entries)).toMatch(/^tree-v1:/);
      }),
    );
  });

  it("is refused, never misread, when its bytes are changed", () => {
    fc.assert(
      fc.property(
        treeDocuments,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (document, at, flip) => {
          const bytes = documentBytes(document);
          bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
          try {
            // What is taken still is a tree.
            const parsed = parseTree(bytes, URI);
            expect(parseTree(documentBytes(parsed), URI)).toEqual(parsed);
          } catch (error) {
            expect(error).toMatchObject({ code: "corrupt-format", uri: URI });
          }
        },
      ),
    );
  });

  it.each<[string, TreeEntry[]]>([
    ["..", [file("../x")]],
    [".. inside", [file("a/../../x")]],
    ["an absolute path", [file("/etc/passwd")]],
    [". in a path", [file("./x")]],
    ["an empty path", [file("")]],
    ["a path that ends with /", [file("a/")]],
    ["NUL", [file("a\0b")]],
    ["half of a surrogate pair", [file("a\ud800")]],
    ["a path twice", [file("a"), file("a")]],
    ["paths out of order", [file("b"), file("a")]],
    ["a file below a file", [file("a"), file("a/b")]],
    ["a file below a link", [{ kind: "link", path: "a", target: "b" }, file("a/b")]],
    ["a file below an empty folder", [{ kind: "directory", path: "a" }, file("a/b")]],
    ["a link out of the tree", [{ kind: "link", path: "a", target: "../x" }]],
    ["an absolute link", [{ kind: "link", path: "a", target: "/x" }]],
    ["a link by way of another", [{ kind: "link", path: "a", target: "b/../../x" }]],
    ["a negative size", [file("a", -1)]],
    ["an empty file with a content", [file("a", 0)]],
    ["another kind", [{ kind: "device", path: "a" } as unknown as TreeEntry]],
    ["a path that is none", [{ kind: "directory", path: 5 } as unknown as TreeEntry]],
  ])("refuses %s", (_, entries) => {
    const bytes = documentBytes(documentOf(entries));
    expect(() => parseTree(bytes, URI)).toThrow(
      expect.objectContaining({ code: "corrupt-format" }),
    );
  });

  it.each([
    "",
    "[]",
    "null",
    '{"entries":[],"grouped_up_to":1048576,"groups":[],"version":2}',
    '{"entries":[],"grouped_up_to":5,"groups":[],"version":1}',
    '{"entries":{},"grouped_up_to":1048576,"groups":[],"version":1}',
    `{"entries":[],"grouped_up_to":1048576,"groups":[{"blob":"${BLOB}","bytes":1,"files":1}],"version":1}`,
  ])("refuses %s", (text) => {
    expect(() => parseTree(Buffer.from(text), URI)).toThrow(
      expect.objectContaining({ code: "corrupt-format" }),
    );
  });

  it("refuses groups that do not fit the files", () => {
    const { entries, groups } = documentOf([file("a"), file("b")]);
    const group = groups[0];
    if (group === undefined) throw new Error("no group");
    for (const wrong of [[], [{ ...group, files: 1 }], [{ ...group, bytes: 7 }], [group, group]]) {
      expect(() => parseTree(documentBytes({ entries, groups: wrong }), URI)).toThrow(
        expect.objectContaining({ code: "corrupt-format" }),
      );
    }
  });
});
