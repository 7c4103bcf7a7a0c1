import { invalidKey } from "../../core/index.js";

/** Names that begin so are the store's own: they are never listed and cannot be keys. */
export const OWN_NAME_PREFIX = ".lode-";

/** Longest name of a file or folder in bytes on the common file systems (NAME_MAX of Linux). */
const MAX_SEGMENT_BYTES = 255;

/** A key split at its slashes: the folders that it lies in, and the file's name. */
export interface LocalKey {
  readonly key: string;
  readonly folders: readonly string[];
  readonly name: string;
}

/** Splits a key. Throws `invalid-key` for one that is not the name of a file below the root. */
export function localKey(key: string): LocalKey {
  const folders = key.split("/");
  for (const segment of folders) {
    const why = refusal(segment, key);
    if (why !== undefined) throw invalidKey(key, why);
  }
  const name = folders.pop() as string;
  return { key, folders, name };
}

/** True if a folder or file of this name can be part of a key. */
export function isKeySegment(segment: string): boolean {
  return refusal(segment, segment) === undefined;
}

function refusal(segment: string, key: string): string | undefined {
  if (segment === "") {
    if (key.startsWith("/")) return "a file store's keys do not begin with /";
    if (key.endsWith("/")) return "it ends with /, which names a folder, not a file";
    return "it has an empty part (//), which a path cannot have";
  }
  if (segment === "." || segment === "..") {
    return `its part ${JSON.stringify(segment)} means another folder in a path`;
  }
  if (segment.startsWith(OWN_NAME_PREFIX)) {
    return `names that begin with ${OWN_NAME_PREFIX} are the store's own`;
  }
  if (segment.includes("\0")) return "it has a NUL character";
  if (segment.length * 3 > MAX_SEGMENT_BYTES && Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) {
    return `a part of it has more than ${MAX_SEGMENT_BYTES} bytes, the most a file name may have`;
  }
  return undefined;
}
