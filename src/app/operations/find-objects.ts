import { compileGlob } from "../../core/index.js";
import type { AppContext } from "../app-context.js";
import { type ListEntry, listEntries } from "./list-entries.js";

/** What must hold for an object; what is absent always holds. */
export interface FindOptions {
  /** A glob for the last part of the key. */
  readonly name?: string | undefined;
  /** A glob for the part of the key after the folder that is searched. */
  readonly path?: string | undefined;
  /** A regular expression for the same. */
  readonly pattern?: string | undefined;
  /** In bytes, both included. */
  readonly minSize?: number | undefined;
  readonly maxSize?: number | undefined;
  readonly newerThan?: Date | undefined;
  readonly olderThan?: Date | undefined;
}

/** The objects below a location for which everything holds, page by page. */
export async function* findObjects(
  app: AppContext,
  text: string,
  options: FindOptions,
): AsyncGenerator<ListEntry[], void, undefined> {
  const name = options.name === undefined ? undefined : compileGlob(options.name);
  const { path, pattern, minSize, maxSize, newerThan, olderThan } = options;
  const accepts = ({ key, meta }: ListEntry): boolean => {
    if (meta === undefined) return false;
    if (name !== undefined && !name.matches(key.slice(key.lastIndexOf("/") + 1))) return false;
    if (minSize !== undefined && meta.size < minSize) return false;
    if (maxSize !== undefined && meta.size > maxSize) return false;
    if (newerThan !== undefined && meta.lastModified <= newerThan) return false;
    return olderThan === undefined || meta.lastModified < olderThan;
  };
  for await (const entries of listEntries(app, text, { recursive: true, path, pattern })) {
    const found = entries.filter(accepts);
    if (found.length > 0) yield found;
  }
}
