import { describe, expect, it } from "vitest";
import { placeFiles } from "../../../src/runs/trees/placed-files.js";
import { documentOf, sha256 } from "./tree-documents.js";

const MIB = 1024 * 1024;

describe("placeFiles", () => {
  it("fills the groups one after the other, each with its contents in order of their SHA-256", () => {
    const entries = Array.from({ length: 200 }, (_, index) => {
      const path = String(index).padStart(4, "0");
      const content = sha256(String(index % 90));
      const size = 500_000 + (index % 90);
      return { kind: "file", path, size, sha256: content, executable: false } as const;
    });
    const large = { ...entries[0]!, path: "1", size: 2 * MIB, sha256: sha256("large") };
    const document = documentOf([...entries, large]);
    expect(document.groups.length).toBeGreaterThan(2);

    const placed = placeFiles(document);
    expect(placed.get("1")).toEqual({ entry: large, blob: sha256("large"), offset: 0 });
    let from = 0;
    for (const { blob, files, bytes } of document.groups) {
      const members = entries.slice(from, from + files).map(({ path }) => placed.get(path)!);
      const contents = new Map(members.map((file) => [file.entry.sha256, file]));
      let offset = 0;
      for (const [, file] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1))) {
        expect(file).toMatchObject({ blob, offset });
        offset += file.entry.size;
      }
      expect(offset).toBe(bytes);
      for (const { entry, offset } of members) {
        expect(contents.get(entry.sha256)?.offset).toBe(offset);
      }
      from += files;
    }
    expect(from).toBe(entries.length);
  });
});
