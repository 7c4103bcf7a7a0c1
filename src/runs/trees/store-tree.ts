import type {
  BlobId,
  BlobStore,
  Digest,
  PutProgress,
  StoredBlob,
  WriteSession,
} from "../../cas/index.js";
import { treeDigest } from "../../cas/index.js";
import { forEachConcurrently, inOrder } from "../../core/index.js";
import { contentsDigest, groupContents, groupFiles, totalBytes } from "./file-groups.js";
import { holdIfThere } from "./hold-if-there.js";
import { type LocalEntry, type LocalFile, walkTree } from "./local-tree.js";
import { PutTally } from "./put-tally.js";
import { StatCache } from "./stat-cache.js";
import { type TreeGroup, treeDocumentBytes } from "./tree-document.js";
import { isGrouped, type TreeEntry } from "./tree-entry.js";
import { type ReadFile, TreeFileReader } from "./tree-file-reader.js";
import type { TreeInput } from "./tree-input.js";

export interface StoreTreeOptions {
  readonly name: string;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PutProgress) => void) | undefined;
}

/** The blob of the tree's document; what storing took is told of its files too. */
export interface StoredTree extends StoredBlob {
  readonly digest: Digest;
}

const LARGE_FILES_AT_A_TIME = 4;
const SMALL_FILES_AT_A_TIME = 32;
const GROUPS_AT_A_TIME = 2;

/**
 * Stores a folder: its large files as blobs, its small ones together in a few, and the document that tells of them.
 * What is in the store already is not written, and with a stat cache not read. Throws what {@link walkTree} refuses,
 * and `precondition-failed` for a file that does not stay as it is.
 */
export async function storeTree(
  session: WriteSession,
  store: BlobStore,
  input: TreeInput,
  { name, metadata, signal, onProgress }: StoreTreeOptions,
): Promise<StoredTree> {
  const tree = await walkTree(input.path, signal);
  const { cache: folder } = input.options;
  const cache = folder === undefined ? undefined : await StatCache.open(folder, tree.root);
  const tally = new PutTally(onProgress);
  const { seenAt } = tree;
  const reader = new TreeFileReader({ session, cache, tally, seenAt, signal });
  const files = await readFiles(reader, tree.entries, signal);
  await cache?.save();

  const entries = tree.entries.map((entry): TreeEntry => {
    return entry.kind === "file" ? (files.get(entry.path) as ReadFile).entry : entry;
  });
  const digest = treeDigest(entries);
  const all = [...files.values()];
  const small = all.filter(({ entry }) => isGrouped(entry));
  const known = await store.findDigest(digest, { signal });
  if (known?.format === "tree" && (await holdIfThere(session, known.id, signal))) {
    tally.reuse(totalBytes(small.map(({ entry }) => entry)));
    return { ...known, ...tally.sums, existed: true, digest };
  }

  const groups = await storeGroups({ session, store, reader, tally, signal }, small, name);
  const large = all.filter(({ entry }) => entry.size > 0 && !isGrouped(entry));
  const links = [...groups.map(({ blob }) => blob), ...large.map(({ entry }) => entry.sha256)];
  const stored = await tally.count((report) =>
    session.put(
      asyncOf(treeDocumentBytes({ entries, groups })),
      { name, type: "tree", format: "tree", digest, metadata, links: [...new Set<BlobId>(links)] },
      { signal, onProgress: report },
    ),
  );
  return { ...stored, ...tally.sums, digest };
}

/** By path; the large ones are stored then. */
async function readFiles(
  reader: TreeFileReader,
  entries: readonly LocalEntry[],
  signal: AbortSignal | undefined,
): Promise<Map<string, ReadFile>> {
  const files = entries.filter((entry): entry is LocalFile => entry.kind === "file");
  const small = files.filter(({ stamp }) => stamp.size === 0 || isGrouped(stamp));
  const large = files.filter(({ stamp }) => stamp.size > 0 && !isGrouped(stamp));
  const read = new Map<string, ReadFile>();
  await forEachConcurrently(large, LARGE_FILES_AT_A_TIME, signal, async (file) => {
    read.set(file.path, await reader.store(file));
  });
  await forEachConcurrently(small, SMALL_FILES_AT_A_TIME, signal, async (file) => {
    read.set(file.path, await reader.read(file));
  });
  return new Map(files.map(({ path }) => [path, read.get(path) as ReadFile]));
}

interface GroupContext {
  readonly session: WriteSession;
  readonly store: BlobStore;
  readonly reader: TreeFileReader;
  readonly tally: PutTally;
  readonly signal: AbortSignal | undefined;
}

async function storeGroups(
  { session, store, reader, tally, signal }: GroupContext,
  small: readonly ReadFile[],
  name: string,
): Promise<TreeGroup[]> {
  const byContent = groupFiles(small.map((file) => ({ ...file.entry, file })));
  const groups: TreeGroup[] = [];
  const stored = inOrder(byContent, GROUPS_AT_A_TIME, signal, async (group) => {
    const contents = groupContents(group);
    const [digest, bytes] = [contentsDigest(contents), totalBytes(contents)];
    const known = await store.findDigest(digest, { signal });
    if (known?.size === bytes && (await holdIfThere(session, known.id, signal))) {
      tally.reuse(bytes);
      return { blob: known.id, files: group.length, bytes };
    }
    const parts = inOrder(contents, SMALL_FILES_AT_A_TIME, signal, ({ file }) =>
      reader.content(file),
    );
    const { id } = await tally.count((report) =>
      session.put(
        { parts },
        { name, type: "files", format: "files", digest },
        { signal, onProgress: report },
      ),
    );
    return { blob: id, files: group.length, bytes };
  });
  for await (const group of stored) groups.push(group);
  return groups;
}

async function* asyncOf<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}
