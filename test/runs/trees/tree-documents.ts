import { createHash } from "node:crypto";
import fc from "fast-check";
import { compareKeys } from "../../../src/core/index.js";
import { groupContents, groupFiles, totalBytes } from "../../../src/runs/trees/file-groups.js";
import { type TreeDocument, treeDocumentBytes } from "../../../src/runs/trees/tree-document.js";
import { isGrouped, type TreeEntry } from "../../../src/runs/trees/tree-entry.js";

export function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

export function documentBytes(document: TreeDocument): Buffer {
  return Buffer.concat([...treeDocumentBytes(document)]);
}

/** The document of these entries with groups that fit them. */
export function documentOf(entries: readonly TreeEntry[]): TreeDocument {
  const small = entries.filter((entry) => entry.kind === "file").filter(isGrouped);
  const groups = groupFiles(small).map((files, index) => ({
    blob: sha256(`group ${index}`),
    files: files.length,
    bytes: totalBytes(groupContents(files)),
  }));
  return { entries, groups };
}

const part = fc
  .oneof(
    fc.constantFrom("a", "a-b", "b", "ü", "\u{1f600}", 'q"\\', " "),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
  )
  .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== "..");

const size = fc.oneof(fc.nat(20), fc.integer({ min: 1_048_570, max: 1_048_580 }), fc.maxSafeNat());

/** Trees that can be. */
export const treeDocuments: fc.Arbitrary<TreeDocument> = fc
  .array(
    fc.record({
      path: fc.array(part, { minLength: 1, maxLength: 4 }),
      kind: fc.constantFrom("file" as const, "directory" as const, "link" as const),
      size,
      executable: fc.boolean(),
      target: fc.array(part, { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 12 },
  )
  .map((drafts) => {
    const entries = new Map<string, TreeEntry>();
    const inhabited = new Set<string>();
    for (const { path: parts, kind, size, executable, target } of drafts) {
      const path = parts.join("/");
      const above = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
      if (inhabited.has(path) || entries.has(path) || above.some((one) => entries.has(one)))
        continue;
      for (const folder of above) inhabited.add(folder);
      if (kind === "file") {
        // Some contents are there twice.
        const content = size === 0 ? "" : `${size} ${path.length % 2}`;
        entries.set(path, { kind, path, size, sha256: sha256(content), executable });
      } else if (kind === "link") entries.set(path, { kind, path, target: target.join("/") });
      else entries.set(path, { kind, path });
    }
    return documentOf([...entries.values()].sort((a, b) => compareKeys(a.path, b.path)));
  });
