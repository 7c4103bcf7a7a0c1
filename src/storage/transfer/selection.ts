import { compileGlob, globPrefix } from "../../core/index.js";

/** Which objects of a tree are meant, by their keys relative to the tree's folder. */
export interface Selection {
  /** Globs, any of which must match. Default: all. */
  readonly include?: readonly string[] | undefined;
  /** Globs, none of which may match. */
  readonly exclude?: readonly string[] | undefined;
  /** Any further test, such as a regular expression's. */
  readonly filter?: ((relativeKey: string) => boolean) | undefined;
}

export interface CompiledSelection {
  /** What every selected key begins with, so that less need be listed. */
  readonly prefix: string;
  selects(relativeKey: string): boolean;
}

/** Throws `invalid-argument` for a malformed glob. */
export function compileSelection(selection: Selection): CompiledSelection {
  const include = selection.include?.map(compileGlob);
  const exclude = selection.exclude?.map(compileGlob) ?? [];
  const { filter } = selection;
  return {
    prefix: commonPrefix(selection.include?.map(globPrefix) ?? [""]),
    selects: (key) =>
      (include === undefined || include.some((glob) => glob.matches(key))) &&
      !exclude.some((glob) => glob.matches(key)) &&
      (filter === undefined || filter(key)),
  };
}

/** The prefix that means a folder: with a slash at its end unless it is the whole store. */
export function folderPrefix(prefix: string | undefined): string {
  if (prefix === undefined || prefix === "" || prefix.endsWith("/")) return prefix ?? "";
  return `${prefix}/`;
}

function commonPrefix(texts: readonly string[]): string {
  let common = texts[0] ?? "";
  for (const text of texts) while (!text.startsWith(common)) common = common.slice(0, -1);
  // Half of a surrogate pair would be no key.
  return /[\uD800-\uDBFF]$/.test(common) ? common.slice(0, -1) : common;
}
