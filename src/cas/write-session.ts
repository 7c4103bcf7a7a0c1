import type { Clock } from "../core/index.js";
import { LodeError } from "../errors.js";
import type { CallOptions, ObjectStore } from "../storage/index.js";
import type { BlobDescription, BlobFacts, BlobSource, Ref, StoredBlob } from "./blob.js";
import {
  type ChunkTally,
  findBlob,
  NO_CHUNKS,
  type PutContext,
  putBlob,
  putRef,
} from "./blobs/index.js";
import { type BlobId, checkBlobId } from "./keys.js";
import { type ChunkIndex, ChunkSink, type IndexLoader, type PackFooters } from "./packs/index.js";
import { Lease } from "./sessions/index.js";

export interface SessionOptions extends CallOptions {
  readonly onProgress?: ((progress: PutProgress) => void) | undefined;
}

/** Of all that was taken so far, in bytes. */
export interface PutProgress {
  /** Found or stored. */
  readonly bytes: number;
  /** Stored, compressed as they are. */
  readonly storedBytes: number;
  /** Of `bytes`, those that were there before. */
  readonly reusedBytes: number;
}

export interface PutBlobOptions extends CallOptions {
  /** `whole`: one object, whatever its size; a stream is collected in memory for it. Default `auto`. */
  readonly layout?: "auto" | "whole" | undefined;
  /** Of this put alone. */
  readonly onProgress?: ((progress: PutProgress) => void) | undefined;
}

/** How a store of blobs writes. */
export interface WriteSettings {
  readonly chunkAbove: number;
  readonly packSize: number;
  readonly compression: "auto" | "none";
  readonly clock: Clock;
}

/** What a session shares with others of its store. */
export interface SessionParts extends WriteSettings {
  readonly store: ObjectStore;
  readonly index: ChunkIndex;
  readonly loader: IndexLoader;
  readonly footers: PackFooters;
}

/**
 * Writes blobs and the refs that keep them alive. What it stores or holds is safe from collection until it is closed: by then a ref
 * must lead to it. Takes up to three packs of memory, and 4 MiB for each put that is under way.
 */
export class WriteSession implements AsyncDisposable {
  readonly #parts: SessionParts;
  readonly #lease: Lease;
  readonly #sink: ChunkSink;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #onProgress: ((progress: PutProgress) => void) | undefined;
  /** What a ref may lead to. */
  readonly #held = new Set<BlobId>();
  readonly #puts = new Set<Promise<unknown>>();
  #indexed: Promise<void> | undefined;
  #bytes = 0;
  #storedBytes = 0;
  #reusedBytes = 0;

  private constructor(parts: SessionParts, lease: Lease, options: SessionOptions) {
    const { signal, onProgress } = options;
    this.#parts = parts;
    this.#lease = lease;
    this.#onProgress = onProgress;
    this.#signal = anySignal(this.#stop.signal, signal);
    const { store, index, loader, footers, packSize } = parts;
    this.#sink = new ChunkSink({
      store,
      index,
      loader,
      footers,
      packSize,
      signal: this.#signal,
      hold: (pack, call) => lease.holdPack(pack, call),
      onNewPack: (pack) => lease.addPack(pack),
    });
  }

  /** Use `BlobStore.session`. */
  static async open(parts: SessionParts, options: SessionOptions): Promise<WriteSession> {
    const { store, clock } = parts;
    const lease = await Lease.open(store, { clock, signal: options.signal });
    return new WriteSession(parts, lease, options);
  }

  /**
   * Stores a blob; when it returns, the blob is durable. Several may run at once and find each other's chunks. Bytes in memory must not
   * change meanwhile. Throws `invalid-argument`, `aborted`, what the source throws. If chunks cannot be
   * stored, so that others may miss them, all puts of the session fail.
   */
  async put(
    source: BlobSource,
    description: BlobDescription,
    options: PutBlobOptions = {},
  ): Promise<StoredBlob> {
    const { layout = "auto", onProgress, signal } = options;
    let before = NO_CHUNKS;
    const putting = putBlob(this.#context(), source, description, {
      layout,
      signal: anySignal(this.#signal, signal),
      onTally: (tally) => {
        this.#tell(before, tally);
        before = { ...tally };
        onProgress?.(progressOf(tally));
      },
    });
    this.#puts.add(putting);
    try {
      const stored = await putting;
      this.#held.add(stored.id);
      return stored;
    } finally {
      this.#puts.delete(putting);
    }
  }

  /** Relies on a blob that is there, with all that it needs. Throws `not-found`. */
  async hold(id: BlobId, { signal }: CallOptions = {}): Promise<BlobFacts> {
    const { store } = this.#parts;
    await this.#lease.holdBlob(checkBlobId(id), { signal });
    const found = await findBlob(store, id, { signal });
    if (found === undefined || !(await this.#isComplete(id, { signal }))) {
      if (!this.#held.has(id)) this.#lease.releaseBlob(id);
      throw new LodeError({
        code: "not-found",
        message:
          found === undefined
            ? `there is no blob ${id} in ${store.uri}`
            : `blob ${id} in ${store.uri} cannot be relied on: blobs or packs that it needs are gone; store it again`,
        uri: store.uri,
        details: { blob: id },
      });
    }
    this.#held.add(id);
    return found.facts;
  }

  /**
   * Keeps a blob alive beyond the session, which must have stored it or hold it (`invalid-argument`); a ref that is there is no error.
   * Call `confirm` after the last one and before anything leads to the owner.
   */
  async addRef(ref: Ref, { signal }: CallOptions = {}): Promise<void> {
    if (!this.#held.has(checkBlobId(ref.blob))) {
      throw new LodeError({
        code: "invalid-argument",
        message: `the session does not hold the blob ${ref.blob}: store or hold it before a ref leads to it`,
      });
    }
    await putRef(this.#parts.store, ref, { signal });
  }

  /** All that was put is durable. */
  async flush(): Promise<void> {
    await this.#sink.flush();
  }

  /**
   * Makes sure that all that the session holds is there, also after it gave no sign of life for longer than its lease. Throws
   * `not-found` if something is lost.
   */
  async confirm({ signal }: CallOptions = {}): Promise<void> {
    await this.#lease.confirm({ signal });
  }

  /** Ends the session after the puts that are under way; one that must not be waited for needs a signal of its own. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#puts);
    this.#stop.abort();
    await this.#sink.close();
    await this.#lease.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #isComplete(id: BlobId, options: CallOptions): Promise<boolean> {
    return (await this.#lease.bringBack([id], options)).length === 0;
  }

  #context(): PutContext {
    const { store, clock, chunkAbove, compression } = this.#parts;
    return {
      store,
      clock,
      chunkAbove,
      compression,
      holdBlob: (id, call) => this.#lease.holdBlob(id, call),
      isComplete: (id, call) => this.#isComplete(id, call),
      chunkSink: async () => {
        await this.#loadIndex();
        return this.#sink;
      },
    };
  }

  /** Once, when the first blob is chunked; again if that failed. */
  async #loadIndex(): Promise<void> {
    this.#indexed ??= this.#parts.loader.refresh(
      (pack) => this.#lease.isCondemnedPack(pack),
      this.#signal,
    );
    try {
      await this.#indexed;
    } catch (error) {
      this.#indexed = undefined;
      throw error;
    }
  }

  #tell(before: Readonly<ChunkTally>, now: Readonly<ChunkTally>): void {
    const { newBytes, reusedBytes } = now;
    this.#bytes += newBytes + reusedBytes - before.newBytes - before.reusedBytes;
    this.#storedBytes += now.storedBytes - before.storedBytes;
    this.#reusedBytes += reusedBytes - before.reusedBytes;
    this.#onProgress?.({
      bytes: this.#bytes,
      storedBytes: this.#storedBytes,
      reusedBytes: this.#reusedBytes,
    });
  }
}

function progressOf({ newBytes, storedBytes, reusedBytes }: Readonly<ChunkTally>): PutProgress {
  return { bytes: newBytes + reusedBytes, storedBytes, reusedBytes };
}

function anySignal(own: AbortSignal, given: AbortSignal | undefined): AbortSignal {
  return given === undefined ? own : AbortSignal.any([own, given]);
}
