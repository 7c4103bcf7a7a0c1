/** A file of a tree; `sha256` of its content in 64 hex digits. */
export interface TreeFile {
  readonly kind: "file";
  /** Below the tree's folder, parts joined by `/`. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
  /** Its owner may run it. */
  readonly executable: boolean;
}

/** A folder in which nothing is; others are told by what they hold. */
export interface TreeFolder {
  readonly kind: "directory";
  readonly path: string;
}

/** A symbolic link to something inside the tree. */
export interface TreeLink {
  readonly kind: "link";
  readonly path: string;
  /** Relative to the folder in which the link is. */
  readonly target: string;
}

export type TreeEntry = TreeFile | TreeFolder | TreeLink;

/** Files up to this size lie together in blobs; larger ones are blobs of their own, empty ones are none. */
export const GROUPED_UP_TO = 1024 * 1024;

/** SHA-256 of nothing. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export function isGrouped(file: { readonly size: number }): boolean {
  return file.size > 0 && file.size <= GROUPED_UP_TO;
}

/** Why this can be no path of an entry; undefined if it can. Ends the sentence "the path … cannot be: ". */
export function pathRefusal(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.includes("\0")) return "it has a NUL character";
  if (Buffer.from(path, "utf8").toString("utf8") !== path) return "it is not well-formed Unicode";
  for (const part of path.split("/")) {
    if (part === "") return "it has an empty part, as absolute paths do";
    if (part === "." || part === "..") return `its part ${part} means another folder`;
  }
  return undefined;
}

/**
 * Why a link at `path` may not point to `target`; undefined if it may. `..` is taken at the front only: there it counts
 * from the link's own folder, while behind a part that may be a link itself it could lead anywhere.
 */
export function linkRefusal(path: string, target: string): string | undefined {
  if (target.startsWith("/")) return "it points to an absolute path";
  const parts = target.split("/");
  const ups = parts.findIndex((part) => part !== "..");
  const up = ups === -1 ? parts.length : ups;
  if (up >= path.split("/").length) return "it points out of the tree";
  const rest = parts.slice(up).join("/");
  return rest === "" || rest === "." ? undefined : pathRefusal(rest);
}
