import { createHash } from "node:crypto";
import type { BlobId } from "../../cas/index.js";
import { LodeError } from "../../errors.js";
import { groupContents } from "./file-groups.js";
import type { TreeDocument } from "./tree-document.js";
import { isGrouped, type TreeFile } from "./tree-entry.js";

/** A file of a tree and where its bytes are. */
export interface PlacedFile {
  readonly entry: TreeFile;
  /** An empty file is nowhere. */
  readonly blob: BlobId;
  /** In the blob. */
  readonly offset: number;
}

/** The files of a tree by their paths, in the order of the entries. */
export function placeFiles({ entries, groups }: TreeDocument): Map<string, PlacedFile> {
  const files = entries.filter((entry) => entry.kind === "file");
  const grouped = files.filter(isGrouped);
  const places = new Map<TreeFile, PlacedFile>();
  let from = 0;
  for (const { blob, files: count } of groups) {
    const members = grouped.slice(from, from + count);
    const offsets = new Map<string, number>();
    let offset = 0;
    for (const { sha256, size } of groupContents(members)) {
      offsets.set(sha256, offset);
      offset += size;
    }
    for (const entry of members) {
      places.set(entry, { entry, blob, offset: offsets.get(entry.sha256) as number });
    }
    from += count;
  }
  return new Map(
    files.map((entry) => [
      entry.path,
      places.get(entry) ?? { entry, blob: entry.sha256, offset: 0 },
    ]),
  );
}

/** Throws `integrity` unless these are the bytes of the file. */
export function checkContent(
  tree: BlobId,
  { entry, blob, offset }: PlacedFile,
  bytes: Uint8Array,
): void {
  if (createHash("sha256").update(bytes).digest("hex") === entry.sha256) return;
  throw new LodeError({
    code: "integrity",
    message: `${JSON.stringify(entry.path)} of tree ${tree} does not have the SHA-256 that the tree names: blob ${blob} has other bytes at ${offset}`,
    details: { tree, path: entry.path, blob, offset },
  });
}
