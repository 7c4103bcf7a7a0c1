import type { ResolvedRange } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { StoreWarning } from "../../storage/index.js";
import { fsErrorCode, mapFsError } from "../../storage/local-disk/index.js";
import { CacheFolder, type CacheUsage } from "./cache-folder.js";
import { objectName } from "./entry-name.js";
import type { EntryWriter } from "./entry-writer.js";

const MEBIBYTE = 1 << 20;
/** 2 GiB. */
export const DEFAULT_CACHE_BYTES = 2048 * MEBIBYTE;
/** Bytes of a large entry that are read at a time. */
const PIECE = MEBIBYTE;

export interface CacheOptions {
  /** Of the local disk; made when something is kept. Any number of stores and processes may share it. */
  readonly folder: string;
  /** What all entries of the folder may take on the disk. Default 2 GiB. */
  readonly maxBytes?: number | undefined;
}

export interface PruneCacheOptions extends Pick<CacheOptions, "maxBytes"> {
  /** Only tell what would be deleted. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Stretches of the objects of one store, in a folder of the local disk. Only what never changes and was verified may
 * be added; what is read is as it was added. The disk never makes a call fail but `usage` and `prune`:
 * its first failure is told as a warning, and after one while writing nothing more is added.
 */
export class BlobCache {
  readonly #uri: string;
  readonly #path: string;
  readonly #folder: CacheFolder;
  readonly #maxBytes: number;
  readonly #onWarning: ((warning: StoreWarning) => void) | undefined;
  #adds = true;
  #told = false;

  /** No I/O. Throws `invalid-argument`. */
  constructor(
    storeUri: string,
    { folder, maxBytes = DEFAULT_CACHE_BYTES }: CacheOptions,
    onWarning?: ((warning: StoreWarning) => void) | undefined,
  ) {
    checkBytes(maxBytes);
    this.#uri = storeUri;
    this.#path = folder;
    this.#folder = new CacheFolder(folder, maxBytes);
    this.#maxBytes = maxBytes;
    this.#onWarning = onWarning;
  }

  /** What there is of an object. */
  stretches(key: string): Promise<readonly ResolvedRange[]> {
    return this.#attempt("read", () => this.#folder.stretches(this.#name(key)), []);
  }

  /** Bytes of an object that lie in one of its stretches; undefined if that is gone. */
  read(
    key: string,
    stretch: ResolvedRange,
    range: ResolvedRange = stretch,
  ): Promise<Uint8Array | undefined> {
    return this.#attempt(
      "read",
      () => this.#folder.read(this.#name(key), stretch, range),
      undefined,
    );
  }

  /** The bytes of an object of this size, from `start` on, as far as they are here, if it is here as one stretch. */
  async *pieces(
    key: string,
    size: number,
    { start, end }: ResolvedRange,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = start; at < end; ) {
      const to = Math.min(end, at + PIECE);
      const piece = await this.read(key, { start: 0, end: size }, { start: at, end: to });
      if (piece === undefined) return;
      yield piece;
      at = to;
    }
  }

  /** Keeps verified bytes of an object that begin at `start`. */
  async add(key: string, start: number, bytes: Uint8Array): Promise<void> {
    const entry = await this.#begin(key, { start, end: start + bytes.length });
    if (entry === undefined) return;
    if (await this.#write(entry, bytes)) await this.#end(entry, true);
  }

  /** The same pieces, of all bytes of an object; kept if they come to their end, which says that they are verified. */
  async *keep(
    key: string,
    size: number,
    pieces: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let entry: EntryWriter | undefined;
    let [isBegun, isWhole] = [false, false];
    try {
      for await (const piece of pieces) {
        // Only now: to get the first piece may have added all of it.
        if (!isBegun) entry = await this.#begin(key, { start: 0, end: size });
        isBegun = true;
        if (entry !== undefined && !(await this.#write(entry, piece))) entry = undefined;
        yield piece;
      }
      isWhole = true;
    } finally {
      if (entry !== undefined) await this.#end(entry, isWhole);
    }
  }

  /** Lets go of all stretches that hold some of these bytes. */
  async drop(key: string, { start, end }: ResolvedRange): Promise<void> {
    for (const stretch of await this.stretches(key)) {
      if (stretch.start >= end || stretch.end <= start) continue;
      await this.#attempt("delete", () => this.#folder.remove(this.#name(key), stretch), undefined);
    }
  }

  /** What the folder holds, of all stores. */
  usage({ signal }: Pick<PruneCacheOptions, "signal"> = {}): Promise<CacheUsage> {
    return this.#orThrow("list", () => this.#folder.usage(signal));
  }

  /** Deletes what was used longest ago, of all stores, until the rest takes at most so many bytes; gives what was deleted. */
  prune(options: PruneCacheOptions = {}): Promise<CacheUsage> {
    const { maxBytes = this.#maxBytes, dryRun = false, signal } = options;
    checkBytes(maxBytes);
    if (dryRun) return this.#orThrow("list", () => this.#folder.surplus(maxBytes, signal));
    return this.#orThrow("delete", () => this.#folder.prune(maxBytes, signal));
  }

  #name(key: string): string {
    return objectName(this.#uri, key);
  }

  async #begin(key: string, stretch: ResolvedRange): Promise<EntryWriter | undefined> {
    if (!this.#adds || stretch.end === stretch.start) return undefined;
    return this.#adding(() => this.#folder.begin(this.#name(key), stretch));
  }

  /** False if the entry had to be given up. */
  async #write(entry: EntryWriter, piece: Uint8Array): Promise<boolean> {
    const written = await this.#adding(async () => {
      await entry.write(piece);
      return true;
    });
    if (written === undefined) await this.#end(entry, false);
    return written === true;
  }

  async #end(entry: EntryWriter, isRight: boolean): Promise<void> {
    await this.#adding(() => (isRight ? entry.publish() : entry.discard()));
  }

  #adding<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#attempt<T | undefined>("write", work, undefined);
  }

  async #attempt<T>(
    what: "read" | "write" | "delete",
    work: () => Promise<T>,
    without: T,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const code = fsErrorCode(error);
      if (code === undefined) throw error;
      if (what !== "read") this.#adds = false;
      const loss = what === "read" ? "what it holds is" : "what is not in it will be";
      this.#tell(
        `the cache ${this.#path} cannot be ${PAST[what]} (${code}): ${loss} read from the store each time`,
      );
      return without;
    }
  }

  #tell(message: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#onWarning?.({ code: "no-blob-cache", message });
  }

  async #orThrow<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw mapFsError(error, operation, this.#path);
    }
  }
}

const PAST = { read: "read", write: "written", delete: "written" } as const;

function checkBytes(bytes: number): void {
  if (bytes >= 0) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `a cache of ${bytes} bytes cannot be; give 0 or more`,
  });
}
