import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { WriteSession } from "../../cas/index.js";
import { throwIfAborted } from "../../errors.js";
import { holdIfThere } from "./hold-if-there.js";
import type { LocalFile } from "./local-tree.js";
import type { PutTally } from "./put-tally.js";
import { changedError, openStableFile, readStableFile, whileStable } from "./stable-file.js";
import type { StatCache } from "./stat-cache.js";
import { EMPTY_SHA256, GROUPED_UP_TO, type TreeFile } from "./tree-entry.js";

/** Bytes of small files that are kept until their group is stored; the others are read again. */
const KEPT_BYTES = 64 * 1024 * 1024;

/** A file whose content is known by its SHA-256. */
export interface ReadFile {
  readonly local: LocalFile;
  readonly entry: TreeFile;
  /** Its bytes, of some small files. */
  readonly bytes: Uint8Array | undefined;
}

export interface TreeFileContext {
  readonly session: WriteSession;
  readonly cache: StatCache | undefined;
  readonly tally: PutTally;
  readonly seenAt: number;
  readonly signal: AbortSignal | undefined;
}

/** Reads the files of one folder, each as it is at one moment. */
export class TreeFileReader {
  readonly #context: TreeFileContext;
  #kept = 0;

  constructor(context: TreeFileContext) {
    this.#context = context;
  }

  /** Stores a large file as a blob of its own. */
  async store(local: LocalFile): Promise<ReadFile> {
    const { session, cache, tally, signal } = this.#context;
    const { path, location } = local;
    const cached = cache?.find(path, local.stamp);
    if (cached !== undefined && (await holdIfThere(session, cached, signal)) !== undefined) {
      tally.reuse(local.stamp.size);
      return { local, entry: entryOf(local, local.stamp.size, cached), bytes: undefined };
    }
    const { stamp, id } = await whileStable(location, async () => {
      await using file = await openStableFile(location);
      const description = { name: basename(path), type: "file", format: "bin" };
      const { id } = await tally.count((onProgress) =>
        session.put(file.pieces(signal), description, { signal, onProgress }),
      );
      return { stamp: file.stamp, id };
    });
    // It would belong to a group now.
    if (stamp.size <= GROUPED_UP_TO) throw changedError(location);
    cache?.add(path, stamp, id, this.#context.seenAt);
    return { local, entry: entryOf(local, stamp.size, id), bytes: undefined };
  }

  /** Reads a small file, unless the cache knows it. */
  async read(local: LocalFile): Promise<ReadFile> {
    const { cache, seenAt, signal } = this.#context;
    throwIfAborted(signal, "read");
    const { path, location, stamp: seen } = local;
    if (seen.size === 0) return { local, entry: entryOf(local, 0, EMPTY_SHA256), bytes: undefined };
    const cached = cache?.find(path, seen);
    if (cached !== undefined) {
      return { local, entry: entryOf(local, seen.size, cached), bytes: undefined };
    }
    const { bytes, stamp } = await readStableFile(location, seen, GROUPED_UP_TO);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    cache?.add(path, stamp, sha256, seenAt);
    const keep = this.#kept + bytes.length <= KEPT_BYTES;
    if (keep) this.#kept += bytes.length;
    const entry = entryOf(local, bytes.length, sha256);
    return { local, entry, bytes: keep ? bytes : undefined };
  }

  /** The bytes of a small file that has been read. */
  async content({ local, entry, bytes }: ReadFile): Promise<Uint8Array> {
    throwIfAborted(this.#context.signal, "read");
    if (bytes !== undefined) return bytes;
    const again = await readStableFile(local.location, local.stamp, GROUPED_UP_TO);
    const sha256 = createHash("sha256").update(again.bytes).digest("hex");
    if (sha256 !== entry.sha256) throw changedError(local.location);
    return again.bytes;
  }
}

function entryOf(local: LocalFile, size: number, sha256: string): TreeFile {
  return { kind: "file", path: local.path, size, sha256, executable: local.executable };
}
