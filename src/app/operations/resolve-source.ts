import { compileGlob, compileRegex, hasGlob } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { ObjectMeta, ObjectStore } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { findObject } from "./find-object.js";
import { hasObjectsBelow, nothingThere } from "./list-entries.js";

/** One object, by its exact name. */
export interface ObjectSource {
  readonly kind: "object";
  readonly store: ObjectStore;
  readonly key: string;
  /** Known where it was looked at. */
  readonly meta?: ObjectMeta | undefined;
}

/** The objects below a folder, all or those that are selected by their keys relative to it. */
export interface TreeSource {
  readonly kind: "tree";
  readonly store: ObjectStore;
  /** Ends in `/`; empty for the whole store. */
  readonly folder: string;
  /** The folder's own name, where the folder itself was named and not what is in it. */
  readonly name?: string | undefined;
  /** Globs, one of which must match; they also narrow what is listed. */
  readonly include?: readonly string[] | undefined;
  readonly filter?: ((relativeKey: string) => boolean) | undefined;
}

export type Source = ObjectSource | TreeSource;

export interface SourceOptions {
  /** Folders stand for all that is in them. */
  readonly recursive?: boolean | undefined;
  /** Without `recursive` a folder stands for the objects directly in it, in place of an error. */
  readonly oneLevel?: boolean | undefined;
  /** Characters of patterns mean themselves. */
  readonly literal?: boolean | undefined;
  /** The last part is a regular expression for whole names there (whole relative keys if recursive). */
  readonly regex?: boolean | undefined;
  /** A regular expression for the whole key relative to the folder. */
  readonly pattern?: string | undefined;
  /** Globs for keys relative to the folder. */
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** Take an exact name for an object without asking the store, which will tell when it is read. */
  readonly trusting?: boolean | undefined;
}

/**
 * What a user means by a place: the object of exactly that name, else what a glob matches, else a
 * folder. Throws `not-found` if there is nothing, and `invalid-argument` for a folder that is not
 * asked for as a whole.
 */
export async function resolveSource(
  app: AppContext,
  text: string,
  options: SourceOptions = {},
): Promise<Source[]> {
  const location = locationOf(text, app.config.cwd);
  const glob = options.literal !== true && options.regex !== true && hasGlob(location.uri.key);
  const { store, key } = await app.stores.locate(location, glob);
  const { recursive } = options;
  if (glob) {
    const meta = await findObject(store, key, app.signal);
    if (meta !== undefined) return [{ kind: "object", store, key, meta }];
    const folder = key.slice(0, key.slice(0, key.search(/[*?[\]{}\\]/)).lastIndexOf("/") + 1);
    const below = recursive === true ? (key.endsWith("/") ? "**" : "{,/**}") : "";
    const include = [`${key.slice(folder.length)}${below}`];
    return [{ kind: "tree", store, folder, include, filter: await filterOf(options) }];
  }
  if (options.regex === true) {
    const folder = key.slice(0, key.lastIndexOf("/") + 1);
    const filter = await filterOf({ ...options, pattern: key.slice(folder.length) || ".*" });
    return [{ kind: "tree", store, folder, ...levels(recursive), filter }];
  }
  const selects = options.pattern !== undefined || options.oneLevel === true;
  if (key === "" || key.endsWith("/")) {
    if (recursive !== true && !selects) throw isFolder(text);
    const filter = await filterOf(options);
    return [{ kind: "tree", store, folder: key, ...levels(recursive), filter }];
  }
  if (options.trusting === true && recursive !== true && options.pattern === undefined) {
    return [{ kind: "object", store, key }];
  }
  const found: Source[] = [];
  const meta = await findObject(store, key, app.signal);
  if (meta !== undefined) found.push({ kind: "object", store, key, meta });
  if (meta === undefined || recursive === true) {
    if (await hasObjectsBelow(store, `${key}/`, app.signal)) {
      if (recursive !== true && !selects) throw isFolder(text);
      const name = key.slice(key.lastIndexOf("/") + 1);
      const filter = await filterOf(options);
      found.push({ kind: "tree", store, folder: `${key}/`, name, ...levels(recursive), filter });
    }
  }
  if (found.length === 0) throw nothingThere(store, key);
  return found;
}

/** The better error for an object that a read has found missing: it may be a folder. */
export async function explainMissing(
  app: AppContext,
  text: string,
): Promise<LodeError | undefined> {
  const { store, key } = await app.stores.locate(locationOf(text, app.config.cwd));
  if (await hasObjectsBelow(store, `${key}/`, app.signal)) return isFolder(text);
  return undefined;
}

/** Nothing was selected. */
export function noMatch(text: string): LodeError {
  return new LodeError({ code: "not-found", message: `${text} matches no object`, uri: text });
}

function levels(recursive: boolean | undefined): { include?: string[] } {
  return recursive === true ? {} : { include: ["*"] };
}

function isFolder(text: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${text} is a folder; add -r for all that is in it`,
  });
}

/** What must hold besides the globs that narrow the listing. */
async function filterOf(options: SourceOptions): Promise<TreeSource["filter"]> {
  const tests: ((key: string) => boolean)[] = [];
  if (options.pattern !== undefined) tests.push(await compileRegex(options.pattern));
  const include = options.include?.map(compileGlob) ?? [];
  if (include.length > 0) tests.push((key) => include.some((glob) => glob.matches(key)));
  for (const glob of options.exclude?.map(compileGlob) ?? []) {
    tests.push((key) => !glob.matches(key));
  }
  return tests.length === 0 ? undefined : (key) => tests.every((test) => test(key));
}
