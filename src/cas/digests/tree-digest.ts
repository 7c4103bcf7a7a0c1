import { createHash } from "node:crypto";
import { compareKeys } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import { canonicalJson } from "../../formats/index.js";
import { type Digest, isBlobId } from "../keys.js";

/** One thing in a tree; `path` has `/` between its parts. */
export type TreeDigestEntry =
  /** `sha256` of the content, in 64 hex digits; `executable` as its mode says. */
  | {
      readonly path: string;
      readonly kind: "file";
      readonly sha256: string;
      readonly executable?: boolean | undefined;
    }
  | { readonly path: string; readonly kind: "directory" }
  /** A symbolic link. */
  | { readonly path: string; readonly kind: "link"; readonly target: string };

/**
 * Scheme `tree-v1`: of the paths, contents, executable bits and links of a tree, not of their order, of times and of
 * owners. A directory counts only where it is empty: others are told by what is in them. Throws `invalid-argument` for
 * paths that cannot be in one tree.
 */
export function treeDigest(entries: Iterable<TreeDigestEntry>): Digest {
  const sorted = [...entries].sort((a, b) => compareKeys(a.path, b.path));
  const inhabited = checkPaths(sorted);
  const hash = createHash("sha256");
  for (const entry of sorted) {
    if (entry.kind === "directory" && inhabited.has(entry.path)) continue;
    hash.update(`${canonicalJson(facts(entry))}\n`, "utf8");
  }
  return `tree-v1:${hash.digest("hex")}`;
}

function facts(entry: TreeDigestEntry): unknown {
  const { path, kind } = entry;
  if (kind === "directory") return { path, kind };
  if (kind === "link") return { path, kind, target: entry.target };
  if (!isBlobId(entry.sha256)) throw invalid(path, "has no SHA-256 of 64 lower hex digits");
  const { sha256, executable } = entry;
  return { path, kind, sha256, ...(executable === true && { executable }) };
}

/** The directories that have something in them. */
function checkPaths(sorted: readonly TreeDigestEntry[]): Set<string> {
  const kinds = new Map<string, TreeDigestEntry["kind"]>();
  for (const { path, kind } of sorted) {
    if (path.split("/").some((part) => part === "" || part === "." || part === "..")) {
      throw invalid(path, "is no relative path without `.` and `..`");
    }
    if (kinds.has(path)) throw invalid(path, "stands there twice");
    kinds.set(path, kind);
  }
  const inhabited = new Set<string>();
  for (const { path } of sorted) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end);
      if (inhabited.has(parent)) break;
      if ((kinds.get(parent) ?? "directory") !== "directory") {
        throw invalid(path, `is inside ${JSON.stringify(parent)}, which is no directory`);
      }
      inhabited.add(parent);
    }
  }
  return inhabited;
}

function invalid(path: string, why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the tree's path ${JSON.stringify(path.slice(0, 200))} ${why}`,
  });
}
