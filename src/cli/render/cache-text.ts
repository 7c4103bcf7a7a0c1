import type { CacheContents } from "../../app/operations/index.js";
import { aligned } from "./aligned.js";
import { formatSize } from "./text.js";

/** A line for blobs and one for catalogues, below a heading. */
export function cacheLines({ blobs, catalogues }: CacheContents, human: boolean): string[] {
  const size = (bytes: number) => formatSize(bytes, human);
  return aligned(
    [
      ["", "folder", "entries", "bytes", "cap"],
      ["blobs", blobs.path, String(blobs.entries), size(blobs.bytes), size(blobs.maxBytes)],
      ["catalogues", catalogues.path, String(catalogues.entries), size(catalogues.bytes), "-"],
    ],
    2,
  );
}
