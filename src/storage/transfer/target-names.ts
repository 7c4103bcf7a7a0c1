import { invalidKey } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { ObjectStore } from "../object-store.js";

/** True if the store's keys are paths of folders and files, where `..` and `//` mean something. */
function isHierarchical(store: ObjectStore): boolean {
  return !store.capabilities.keyAndPrefix;
}

/**
 * Refuses (`invalid-key`) a name that would leave the target's root or is none of a file: `..`, `.`,
 * an absolute path, an empty segment, a slash at the end, NUL. Other stores take such keys verbatim.
 */
export function checkTargetName(store: ObjectStore, key: string): void {
  if (key === "") throw invalidKey(key, "the target has no name; give one");
  if (!isHierarchical(store)) return;
  if (key.includes("\0")) throw invalidKey(key, "a file's name has no NUL");
  if (key.startsWith("/"))
    throw invalidKey(key, "an absolute path would leave the target's folder");
  for (const segment of key.split("/")) {
    if (segment === "..") throw invalidKey(key, '".." would leave the target\'s folder');
    if (segment === "." || segment === "") {
      throw invalidKey(key, "a file's path has no empty part, no . and no slash at its end");
    }
  }
}

/** The empty object that some tools put where a folder is: a file store has the folder itself. */
export function isFolderMarker(store: ObjectStore, key: string, size: number | undefined): boolean {
  return size === 0 && key.endsWith("/") && isHierarchical(store);
}

/** Whether the same text of URI is the same place whatever `ObjectStore` stands for it. */
function isLocal(uri: string): boolean {
  return /^(file|direct|mem):/.test(uri);
}

/** `direct://` and `file://` are two ways to one file. */
function place(uri: string): string {
  return uri.replace(/^direct:/, "file:");
}

/** Asked for every object, so the usual answer comes without making a text. */
function isSamePlace(source: string, target: string): boolean {
  if (source === target) return true;
  if (!source.startsWith("direct:") && !target.startsWith("direct:")) return false;
  return place(source) === place(target);
}

/** Refuses (`invalid-argument`) to copy an object onto itself, or to move it there and lose it. */
export function checkNotSelf(
  source: string,
  target: string,
  sameStore: boolean | undefined,
  isMove: boolean,
): void {
  if (!isSamePlace(source, target)) return;
  // An equal URI may lie behind another endpoint; a move that guesses wrong would lose the object.
  if (sameStore === false && !isLocal(source)) return;
  if (sameStore === undefined && !isLocal(source) && !isMove) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `${source} cannot be copied or moved onto itself; give another target`,
    uri: target,
  });
}

/** Refuses trees of which one lies in the other: the copies would be listed and copied again. */
export function checkNoOverlap(
  source: string,
  target: string,
  sameStore: boolean | undefined,
): void {
  const from = `${place(source).replace(/\/+$/, "")}/`;
  const to = `${place(target).replace(/\/+$/, "")}/`;
  if (!from.startsWith(to) && !to.startsWith(from)) return;
  // Equal trees behind two endpoints are a mirror; one inside the other hardly is.
  if (!isLocal(source) && (sameStore === false || (sameStore === undefined && from === to))) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `${source} and ${target} lie within each other; choose trees that do not overlap`,
    uri: target,
  });
}
