import type { BlobId, BlobStore } from "../../cas/index.js";
import { compileGlob, forEachConcurrently, inOrder } from "../../core/index.js";
import { LodeError, throwIfAborted } from "../../errors.js";
import { cutFiles, type FileRun, fileRuns } from "./file-runs.js";
import type { PlacedFile } from "./placed-files.js";
import { type Found, TargetFolder } from "./target-folder.js";
import { isGrouped, type TreeEntry, type TreeLink } from "./tree-entry.js";

export interface RestoreOptions {
  /** Globs of paths, or folders of which all is chosen; everything unless given. */
  readonly include?: readonly string[] | undefined;
  /** Other content in the place of an entry is replaced. */
  readonly overwrite?: boolean | undefined;
  /**
   * Default `full`: files and their names are on the disk before success is told. `none`: in the operating system's cache;
   * a power failure may lose or empty them.
   */
  readonly sync?: "full" | "none" | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: RestoredTree) => void) | undefined;
}

/** What restoring did, so far. */
export interface RestoredTree {
  /** Files and links written. */
  readonly written: number;
  /** Of the files written. */
  readonly bytes: number;
  /** Files and links that were there as they are in the tree. */
  readonly unchanged: number;
}

export interface TreeToRestore {
  readonly tree: BlobId;
  readonly entries: readonly TreeEntry[];
  readonly placed: ReadonlyMap<string, PlacedFile>;
}

const CHECKS_AT_A_TIME = 32;
const RUNS_AT_A_TIME = 2;
const LARGE_FILES_AT_A_TIME = 4;
/** Of one run; a file of a run has at most 1 MiB. */
const WRITES_AT_A_TIME = 16;

/** See `Tree.restore`. */
export async function restoreTree(
  store: BlobStore,
  { tree, entries, placed }: TreeToRestore,
  path: string,
  options: RestoreOptions,
): Promise<RestoredTree> {
  const { signal, overwrite = false, sync = "full", onProgress } = options;
  const chosen = chooseEntries(tree, entries, options.include);
  const target = await TargetFolder.open(path, sync === "full");
  const done = { written: 0, bytes: 0, unchanged: 0 };
  const count = (more: Partial<RestoredTree>) => {
    done.written += more.written ?? 0;
    done.bytes += more.bytes ?? 0;
    done.unchanged += more.unchanged ?? 0;
    onProgress?.({ ...done });
  };
  /** True if the entry is to be written. */
  const isDue = (entry: TreeEntry, found: Found) => {
    if (found === "other" && !overwrite) throw otherContent(path, entry);
    if (found === "same") count({ unchanged: 1 });
    return found !== "same";
  };

  const due: PlacedFile[] = [];
  const links: TreeLink[] = [];
  const checked = inOrder(chosen, CHECKS_AT_A_TIME, signal, async (entry) => {
    throwIfAborted(signal, "restore");
    if (entry.kind === "directory") return target.folder(entry.path);
    if (entry.kind === "link") {
      if (isDue(entry, await target.findLink(entry))) links.push(entry);
    } else if (isDue(entry, await target.findFile(entry, signal))) {
      return placed.get(entry.path);
    }
    return undefined;
  });
  for await (const file of checked) if (file !== undefined) due.push(file);

  const written = ({ entry }: PlacedFile) => count({ written: 1, bytes: entry.size });
  const writeBytes = async (file: PlacedFile, bytes: Uint8Array) => {
    await target.writeBytes(file.entry, bytes);
    written(file);
  };
  const empty = due.filter(({ entry }) => entry.size === 0);
  await forEachConcurrently(empty, WRITES_AT_A_TIME, signal, (file) =>
    writeBytes(file, new Uint8Array(0)),
  );
  const runs = fileRuns(due.filter(({ entry }) => isGrouped(entry)));
  await forEachConcurrently(runs, RUNS_AT_A_TIME, signal, (run, signal) =>
    restoreRun(store, run, writeBytes, signal),
  );
  const large = due.filter(({ entry }) => entry.size > 0 && !isGrouped(entry));
  await forEachConcurrently(large, LARGE_FILES_AT_A_TIME, signal, async (file, signal) => {
    await target.write(file.entry, store.stream(file.blob, { signal }));
    written(file);
  });
  // Last, so that nothing is written through one.
  for (const link of links) {
    await target.link(link);
    count({ written: 1 });
  }
  await target.sync(signal);
  return done;
}

async function restoreRun(
  store: BlobStore,
  run: FileRun,
  write: (file: PlacedFile, bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { blob, start, end } = run;
  const pieces = store.stream(blob, { range: { start, end }, signal });
  const writing = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const { files, bytes } of cutFiles(run, pieces)) {
      const written = forEachConcurrently(files, WRITES_AT_A_TIME, signal, (file) =>
        write(file, bytes),
      )
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => writing.delete(written));
      writing.add(written);
      if (writing.size >= WRITES_AT_A_TIME) await Promise.race(writing);
      if (failure !== undefined) break;
    }
  } finally {
    await Promise.all(writing);
  }
  if (failure !== undefined) throw failure.error;
}

/** Throws `not-found` if a pattern chooses nothing. */
function chooseEntries(
  tree: BlobId,
  entries: readonly TreeEntry[],
  include: readonly string[] | undefined,
): readonly TreeEntry[] {
  if (include === undefined) return entries;
  const chosen = new Set<TreeEntry>();
  for (const pattern of include) {
    const folder = pattern.endsWith("/") ? pattern : `${pattern}/`;
    const glob = compileGlob(pattern);
    const matching = entries.filter(({ path }) => glob.matches(path) || path.startsWith(folder));
    if (matching.length === 0) {
      throw new LodeError({
        code: "not-found",
        message: `nothing in tree ${tree} matches ${JSON.stringify(pattern)}`,
      });
    }
    for (const entry of matching) chosen.add(entry);
  }
  return entries.filter((entry) => chosen.has(entry));
}

function otherContent(target: string, { path, kind }: TreeEntry): LodeError {
  return new LodeError({
    code: "already-exists",
    message: `${target}/${path} is there and is not the ${kind} of the tree; restore to another folder, or with overwrite`,
    uri: `${target}/${path}`,
  });
}
