import { compareKeys, compileGlob, compileRegex, globPrefix, hasGlob } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { ListPage, ObjectMeta, ObjectStore } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { type Location, locationOf } from "../location.js";
import { findObject } from "./find-object.js";

/** An object, a folder (common prefix, ending in `/`) or a container of a listing. */
export interface ListEntry {
  readonly kind: "object" | "folder" | "container";
  readonly uri: string;
  /** Empty for a container. */
  readonly key: string;
  readonly meta?: ObjectMeta | undefined;
  readonly createdAt?: Date | undefined;
}

export interface ListEntriesOptions {
  /** All objects below, in place of one level with folders. */
  readonly recursive?: boolean | undefined;
  /** The last part of the location is a regular expression, matched against whole names there. */
  readonly regex?: boolean | undefined;
  /** A regular expression for the whole key relative to the listed folder. */
  readonly pattern?: string | undefined;
  /** A glob for the same. */
  readonly path?: string | undefined;
  /** Characters of patterns mean themselves. */
  readonly literal?: boolean | undefined;
}

/**
 * What lies at a location, page by page in order of the keys. `bucket/` and `bucket/dir/` list what
 * is in them; a name without a slash at its end stands for the object of exactly that name and for
 * what is in the folder of that name, and is `not-found` if there is neither; a glob stands for what
 * it matches. Nothing else is listed: `foo` never tells of `foobar`.
 */
export async function* listEntries(
  app: AppContext,
  text: string,
  options: ListEntriesOptions = {},
): AsyncGenerator<ListEntry[], void, undefined> {
  const location = locationOf(text, app.config.cwd);
  if (isAccount(location)) {
    yield* listContainers(app, location);
    return;
  }
  const glob = options.literal !== true && options.regex !== true && hasGlob(location.uri.key);
  const { store, key } = await app.stores.locate(location, glob);
  const { signal } = app;
  if (glob && (await findObject(store, key, signal)) === undefined) {
    yield* listGlob(store, key, options, signal);
    return;
  }
  if (options.regex === true) {
    const folder = key.slice(0, key.lastIndexOf("/") + 1);
    const last = key.slice(folder.length);
    const matches = last === "" ? () => true : await compileRegex(last);
    yield* listFolder(store, folder, options, signal, matches);
    return;
  }
  const accept = await acceptance(options);
  if (key === "" || key.endsWith("/")) {
    yield* listFolder(store, key, options, signal, accept);
    return;
  }
  const meta = await findObject(store, key, signal);
  let found = meta !== undefined;
  if (meta !== undefined && accept(key.slice(key.lastIndexOf("/") + 1))) {
    yield [{ kind: "object", uri: store.uriOf(key), key, meta }];
  }
  for await (const page of listFolder(store, `${key}/`, options, signal, accept)) {
    found = true;
    yield page;
  }
  if (!found && !(await hasObjectsBelow(store, `${key}/`, signal))) throw nothingThere(store, key);
}

/** What must hold of a key's part after the listed folder. */
async function acceptance(options: ListEntriesOptions): Promise<(name: string) => boolean> {
  const matches = options.pattern === undefined ? () => true : await compileRegex(options.pattern);
  if (options.path === undefined) return matches;
  const glob = compileGlob(options.path);
  return (name) => glob.matches(name) && matches(name);
}

function isAccount(location: Location): boolean {
  const { scheme, container } = location.uri;
  if (scheme === "az") return !container.includes("/");
  return scheme === "s3" && container === "";
}

async function* listContainers(app: AppContext, location: Location) {
  const store = await app.stores.account(location);
  for await (const { name, createdAt } of store.listContainers({ signal: app.signal })) {
    const base = location.uri.scheme === "az" ? `${location.uri.container}/` : "";
    const uri = `${location.uri.scheme}://${base}${name}`;
    yield [{ kind: "container", uri, key: "", createdAt } satisfies ListEntry];
  }
}

/** Names relative to the folder, without a folder's slash, are what `accept` sees. */
async function* listFolder(
  store: ObjectStore,
  folder: string,
  options: ListEntriesOptions,
  signal: AbortSignal,
  accept: (name: string) => boolean,
): AsyncGenerator<ListEntry[], void, undefined> {
  const delimiter = options.recursive === true ? undefined : "/";
  for await (const page of store.listPages({ prefix: folder, delimiter, signal })) {
    const entries = pageEntries(store, page).filter(({ key }) =>
      accept(key.slice(folder.length).replace(/\/$/, "")),
    );
    if (entries.length > 0) yield entries;
  }
}

async function* listGlob(
  store: ObjectStore,
  pattern: string,
  options: ListEntriesOptions,
  signal: AbortSignal,
): AsyncGenerator<ListEntry[], void, undefined> {
  const prefix = globPrefix(pattern);
  const below = options.recursive === true ? (pattern.endsWith("/") ? "**" : "{,/**}") : "";
  const glob = compileGlob(`${pattern}${below}`);
  const accept = await acceptance(options);
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  // A pattern of one level needs no look below that level.
  const oneLevel = below === "" && !pattern.slice(folder.length).includes("/");
  const delimiter = oneLevel && !pattern.includes("**") ? "/" : undefined;
  for await (const page of store.listPages({ prefix, delimiter, signal })) {
    const entries = pageEntries(store, page).filter(
      ({ key }) => glob.matches(key.replace(/\/$/, "")) && accept(key.slice(folder.length)),
    );
    if (entries.length > 0) yield entries;
  }
}

function pageEntries(store: ObjectStore, page: ListPage): ListEntry[] {
  const entries: ListEntry[] = page.objects.map((meta) => ({
    kind: "object",
    uri: store.uriOf(meta.key),
    key: meta.key,
    meta,
  }));
  if (page.prefixes.length === 0) return entries;
  for (const key of page.prefixes) entries.push({ kind: "folder", uri: store.uriOf(key), key });
  return entries.sort((a, b) => compareKeys(a.key, b.key));
}

export async function hasObjectsBelow(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const _ of store.list({ prefix, pageSize: 1, signal })) return true;
  return false;
}

export function nothingThere(store: ObjectStore, key: string): LodeError {
  const uri = store.uriOf(key);
  return new LodeError({
    code: "not-found",
    message: `${uri} is neither an object nor a folder`,
    operation: "list",
    uri,
  });
}
