import type { BlobId } from "../../cas/index.js";
import { GROUPED_UP_TO, type TreeEntry } from "./tree-entry.js";

/** Small files of a tree whose contents lie in one blob. */
export interface TreeGroup {
  readonly blob: BlobId;
  readonly files: number;
  /** Of the blob: equal contents are there once. */
  readonly bytes: number;
}

/**
 * The body of a tree's blob, canonical JSON (RFC 8785) of one object with four fields. `version` is 1; `grouped_up_to`
 * is 1,048,576; `entries` are in order of their paths' UTF-8 bytes. A file of more bytes than `grouped_up_to` is the
 * blob of its `sha256`. Those of 1 byte to `grouped_up_to` fill the `groups` in the order of the entries: the first
 * `files` of them are in the first group, the next ones in the second. In a group's `blob` their contents lie one behind
 * the other in order of their `sha256`, each once.
 */
export interface TreeDocument {
  readonly entries: readonly TreeEntry[];
  readonly groups: readonly TreeGroup[];
}

const ENTRIES_A_PIECE = 1_000;

/** The document as pieces of bytes. The entries must be in order. */
export function* treeDocumentBytes({ entries, groups }: TreeDocument): Generator<Buffer> {
  let open = '{"entries":[';
  for (let from = 0; from < entries.length; from += ENTRIES_A_PIECE) {
    const texts = entries.slice(from, from + ENTRIES_A_PIECE).map(entryText);
    yield Buffer.from(open + texts.join(","), "utf8");
    open = ",";
  }
  if (entries.length > 0) open = "";
  const texts = groups.map(({ blob, bytes, files }) => JSON.stringify({ blob, bytes, files }));
  yield Buffer.from(
    `${open}],"grouped_up_to":${GROUPED_UP_TO},"groups":[${texts.join(",")}],"version":1}`,
    "utf8",
  );
}

/** Fields in canonical order; `JSON.stringify` writes strings and whole numbers as RFC 8785 does. */
function entryText(entry: TreeEntry): string {
  const { kind, path } = entry;
  if (kind === "directory") return JSON.stringify({ kind, path });
  if (kind === "link") return JSON.stringify({ kind, path, target: entry.target });
  const { executable, sha256, size } = entry;
  return JSON.stringify({ executable, kind, path, sha256, size });
}
