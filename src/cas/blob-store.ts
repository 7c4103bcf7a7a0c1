import {
  type ByteRange,
  type Clock,
  resolveRange,
  systemClock,
  validateRange,
} from "../core/index.js";
import { LodeError } from "../errors.js";
import { CachedRanges, type RangeReader } from "../formats/index.js";
import type { CallOptions, ObjectStore, StoreWarning } from "../storage/index.js";
import type { BlobFacts, BlobMetadata, Ref } from "./blob.js";
import {
  type BlobContent,
  digestBlobs,
  type FoundBlob,
  findBlob,
  listRefs,
  readLinks,
  readMetadata,
  recipeContent,
  verifiedPieces,
  WholeContent,
} from "./blobs/index.js";
import { BlobCache, type CacheOptions } from "./cache/index.js";
import {
  measureStore,
  type RepairOptions,
  type RepairReport,
  repairStore,
  type StatsOptions,
  type StoreStats,
  Verification,
  type VerifyOptions,
} from "./checks/index.js";
import { type BlobId, checkBlobId, type Digest } from "./keys.js";
import { ChunkIndex, IndexLoader, MAX_CHUNK_BYTES, PackFooters } from "./packs/index.js";
import { type SessionOptions, WriteSession, type WriteSettings } from "./write-session.js";

const MEBIBYTE = 1 << 20;
/** Small reads of a range reader are served from the last two stretches of this size, two chunks as a rule. */
const READ_UNIT = MAX_CHUNK_BYTES;
const DEFAULT_CHUNK_ABOVE = MEBIBYTE;
const DEFAULT_PACK_SIZE = 32 * MEBIBYTE;
const LEAST_PACK_SIZE = 16 * MEBIBYTE;
const MOST_PACK_SIZE = 64 * MEBIBYTE;

export interface BlobStoreOptions {
  /** Bytes above which a blob is stored as chunks. Default 1 MiB; `Infinity` for never. */
  readonly chunkAbove?: number | undefined;
  /** Bytes at which a pack is stored, 16 to 64 MiB. Default 32 MiB. */
  readonly packSize?: number | undefined;
  /** `auto`: chunks that shrink are compressed. Default `auto`. */
  readonly compression?: "auto" | "none" | undefined;
  readonly clock?: Clock | undefined;
  /** Keeps what is read of blobs on the local disk, for stores that are slower than it. Default: nothing is kept. */
  readonly cache?: CacheOptions | undefined;
  /** Told when the cache cannot be used; reads go on without it. */
  readonly onWarning?: ((warning: StoreWarning) => void) | undefined;
}

export interface BlobReadOptions extends CallOptions {
  readonly range?: ByteRange | undefined;
  /** Check what is read. Default true. */
  readonly verify?: boolean | undefined;
}

/** The blobs of a store: what is there, and reads of it. To write, open a session. Throws only `LodeError`. */
export class BlobStore {
  readonly store: ObjectStore;
  readonly cache: BlobCache | undefined;
  readonly #options: WriteSettings;
  readonly #index = new ChunkIndex();
  readonly #loader: IndexLoader;
  /** Who writes asks them what is there. */
  readonly #footers: PackFooters;
  readonly #cachedFooters: PackFooters;

  private constructor(store: ObjectStore, options: WriteSettings, cache: BlobCache | undefined) {
    this.store = store;
    this.cache = cache;
    this.#options = options;
    this.#loader = new IndexLoader(store, this.#index);
    this.#footers = new PackFooters(store);
    this.#cachedFooters = cache === undefined ? this.#footers : new PackFooters(store, cache);
  }

  /** No I/O. Throws `invalid-argument` for options that cannot be. */
  static open(store: ObjectStore, options: BlobStoreOptions = {}): BlobStore {
    const {
      chunkAbove = DEFAULT_CHUNK_ABOVE,
      packSize = DEFAULT_PACK_SIZE,
      compression = "auto",
      clock = systemClock,
      cache,
      onWarning,
    } = options;
    if (!(chunkAbove >= 0)) {
      throw invalid(`chunkAbove ${chunkAbove} must be bytes from 0 to Infinity`);
    }
    if (!(packSize >= LEAST_PACK_SIZE && packSize <= MOST_PACK_SIZE)) {
      throw invalid(`packSize ${packSize} must be from ${LEAST_PACK_SIZE} to ${MOST_PACK_SIZE}`);
    }
    if (compression !== "auto" && compression !== "none") {
      throw invalid(`compression ${JSON.stringify(compression)} is none of auto, none`);
    }
    const kept = cache === undefined ? undefined : new BlobCache(store.uri, cache, onWarning);
    return new BlobStore(store, { chunkAbove, packSize, compression, clock }, kept);
  }

  /** Begins to write. Throws `unsupported` for a store without conditional puts. */
  session(options: SessionOptions = {}): Promise<WriteSession> {
    const { store } = this;
    const parts = { store, index: this.#index, loader: this.#loader, footers: this.#footers };
    return WriteSession.open({ ...parts, ...this.#options }, options);
  }

  /** What there is of a blob; undefined if it is not there. Throws `integrity` for a damaged recipe. */
  async find(id: BlobId, { signal }: CallOptions = {}): Promise<BlobFacts | undefined> {
    return (await findBlob(this.store, checkBlobId(id), { signal }))?.facts;
  }

  /** A blob that holds a value of this digest; undefined if there is none. */
  async findDigest(digest: Digest, { signal }: CallOptions = {}): Promise<BlobFacts | undefined> {
    for await (const blob of digestBlobs(this.store, digest, { signal })) {
      const facts = await this.find(blob, { signal });
      if (facts !== undefined) return facts;
    }
    return undefined;
  }

  /** What was told of a blob. Throws `not-found`, `corrupt-format`. */
  async metadata(id: BlobId, { signal }: CallOptions = {}): Promise<BlobMetadata> {
    const { facts } = await this.#found(id, { signal });
    return readMetadata(this.store, facts, { signal });
  }

  /**
   * The blob's bytes in order, or those of a range, in bounded memory. A piece is valid until the next one is asked for. Each chunk
   * is checked before it leaves, and a blob of up to 8 MiB as a whole; the last piece of a larger one leaves only if the
   * SHA-256 of all is right. Throws `not-found`, `invalid-argument` (range), `integrity` with `details` of blob, key and offset.
   */
  async *stream(
    id: BlobId,
    { range, verify = true, signal }: BlobReadOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (range !== undefined) validateRange(range);
    const found = await this.#found(id, { signal });
    const content = this.#content(found);
    const { start, end } = resolveRange(range, content.size);
    const pieces = content.pieces(start, end, { verify, signal });
    const whole = start === 0 && end === content.size;
    yield* verify && whole
      ? this.#kept(found, verifiedPieces(this.store, found.facts, pieces))
      : pieces;
  }

  /** The blob's bytes, or those of a range, in memory. Throws as {@link stream} does. */
  async bytes(id: BlobId, options: BlobReadOptions = {}): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.stream(id, options)) pieces.push(new Uint8Array(piece));
    return joined(pieces);
  }

  /** Random access: only the chunks that hold what is asked for are read, and checked. Throws `not-found`. */
  async rangeReader(id: BlobId, { signal }: CallOptions = {}): Promise<RangeReader> {
    const content = this.#content(await this.#found(id, { signal }));
    const read = async (start: number, end: number): Promise<Uint8Array> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of content.pieces(start, end, { verify: true, signal })) {
        pieces.push(new Uint8Array(piece));
      }
      return joined(pieces);
    };
    return new CachedRanges(content.size, READ_UNIT, read);
  }

  /** The blobs that a blob needs. */
  links(id: BlobId, { signal }: CallOptions = {}): Promise<readonly BlobId[]> {
    return readLinks(this.store, checkBlobId(id), { signal });
  }

  /** What keeps a blob alive. */
  refs(
    id: BlobId,
    options: CallOptions & { readonly kind?: string | undefined } = {},
  ): AsyncGenerator<Ref, void, undefined> {
    return listRefs(this.store, checkBlobId(id), options);
  }

  /** Looks at the whole store; see {@link Verification}. Throws `invalid-argument`. */
  verify(options: VerifyOptions = {}): Verification {
    return new Verification(this.store, options);
  }

  /** Mends what {@link verify} finds, as far as that can be done; see {@link repairStore}. */
  repair(options: RepairOptions = {}): Promise<RepairReport> {
    // An index of chunks that was read before may lead to what is damaged, and a cache hides it.
    const open = (store: ObjectStore) => new BlobStore(store, this.#options, undefined);
    return repairStore(this.store, open, { clock: this.#options.clock, ...options });
  }

  /** What the store holds and what that takes, measured; see {@link measureStore}. */
  stats(options: StatsOptions = {}): Promise<StoreStats> {
    return measureStore(this.store, options);
  }

  async #found(id: BlobId, options: CallOptions): Promise<FoundBlob> {
    const found = await findBlob(this.store, checkBlobId(id), options);
    if (found !== undefined) return found;
    throw new LodeError({
      code: "not-found",
      message: `there is no blob ${id} in ${this.store.uri}`,
      uri: this.store.uri,
      details: { blob: id },
    });
  }

  #content({ facts, recipe }: FoundBlob): BlobContent {
    if (recipe === undefined) return new WholeContent(this.store, facts, this.cache);
    return recipeContent(this.store, this.#cachedFooters, recipe, this.cache);
  }

  /** Chunks are kept one by one where they are checked, a whole blob once all of it is. */
  #kept(
    { facts, recipe }: FoundBlob,
    verified: AsyncIterable<Uint8Array>,
  ): AsyncIterable<Uint8Array> {
    if (this.cache === undefined || recipe !== undefined) return verified;
    return this.cache.keep(facts.key, facts.size, verified);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
