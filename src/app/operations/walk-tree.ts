import { compareKeys } from "../../core/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { resolveSource } from "./resolve-source.js";

/** One object or folder of a tree, in the order in which a tree is drawn. */
export interface TreeNode {
  readonly kind: "object" | "folder";
  readonly uri: string;
  /** The last part of the key. */
  readonly name: string;
  readonly size?: number | undefined;
  /** For each level above and for itself: whether it is the last one there. */
  readonly last: readonly boolean[];
}

/**
 * Walks a folder depth first, with one listing for each folder, down to `depth` levels. Throws
 * `not-found` for a name that is neither folder nor object.
 */
export async function* walkTree(
  app: AppContext,
  text: string,
  depth = Number.POSITIVE_INFINITY,
): AsyncGenerator<TreeNode, void, undefined> {
  for (const source of await resolveSource(app, text, { recursive: true, literal: true })) {
    if (source.kind === "tree") {
      yield* walkFolder(source.store, source.folder, depth, [], app.signal);
    }
  }
}

async function* walkFolder(
  store: ObjectStore,
  folder: string,
  depth: number,
  above: readonly boolean[],
  signal: AbortSignal,
): AsyncGenerator<TreeNode, void, undefined> {
  // One child is held back: whether it is the last shows only when the next one is known.
  let held: Child | undefined;
  for await (const child of children(store, folder, signal)) {
    if (held !== undefined) yield* walkChild(store, held, depth, [...above, false], signal);
    held = child;
  }
  if (held !== undefined) yield* walkChild(store, held, depth, [...above, true], signal);
}

interface Child {
  readonly key: string;
  readonly name: string;
  readonly size?: number | undefined;
}

async function* walkChild(
  store: ObjectStore,
  child: Child,
  depth: number,
  last: readonly boolean[],
  signal: AbortSignal,
): AsyncGenerator<TreeNode, void, undefined> {
  const kind = child.size === undefined ? "folder" : "object";
  yield { kind, uri: store.uriOf(child.key), name: child.name, size: child.size, last };
  if (kind === "folder" && last.length < depth) {
    yield* walkFolder(store, child.key, depth, last, signal);
  }
}

async function* children(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<Child, void, undefined> {
  for await (const page of store.listPages({ prefix: folder, delimiter: "/", signal })) {
    const found: Child[] = [];
    for (const { key, size } of page.objects) {
      if (key !== folder) found.push({ key, name: key.slice(folder.length), size });
    }
    for (const key of page.prefixes) found.push({ key, name: key.slice(folder.length) });
    yield* found.sort((a, b) => compareKeys(a.key, b.key));
  }
}
