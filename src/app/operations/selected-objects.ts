import { compileGlob, globPrefix } from "../../core/index.js";
import type { ObjectMeta } from "../../storage/index.js";
import type { ObjectSource, Source, TreeSource } from "./resolve-source.js";

/** The objects of a source, page by page; nothing is read of them. */
export async function* selectedObjects(
  source: Source,
  signal: AbortSignal,
): AsyncGenerator<readonly ObjectMeta[], void, undefined> {
  if (source.kind === "object") yield [await metaOf(source, signal)];
  else yield* treeObjects(source, signal);
}

async function metaOf({ store, key, meta }: ObjectSource, signal: AbortSignal) {
  return meta ?? (await store.head(key, { signal }));
}

async function* treeObjects(
  { store, folder, include, filter }: TreeSource,
  signal: AbortSignal,
): AsyncGenerator<readonly ObjectMeta[], void, undefined> {
  const globs = include?.map(compileGlob);
  const [only] = include?.length === 1 ? include : [];
  const prefix = folder + (only === undefined ? "" : globPrefix(only));
  // What lies directly in the folder can be had without what lies deeper.
  const oneLevel = only !== undefined && !only.includes("/") && !only.includes("**");
  const delimiter = oneLevel ? "/" : undefined;
  for await (const page of store.listPages({ prefix, delimiter, signal })) {
    const objects = page.objects.filter(({ key }) => {
      const relative = key.slice(folder.length);
      if (relative === "") return false;
      if (globs !== undefined && !globs.some((glob) => glob.matches(relative))) return false;
      return filter === undefined || filter(relative);
    });
    if (objects.length > 0) yield objects;
  }
}
