import { isLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { BlobCache } from "../cache/index.js";
import { packKey } from "../keys.js";
import { packDamage } from "./pack-damage.js";
import { PackFooter } from "./pack-footer.js";
import { ENTRY_BYTES, TRAILER_BYTES } from "./pack-format.js";

/** The footer of a pack of 1,600 chunks, which is most of them. */
const FIRST_READ = 64 * 1024;
/** Footers that are kept in memory, in bytes. */
const KEPT_BYTES = 32 * 1024 * 1024;
/** A footer may have been damaged on its way. */
const ATTEMPTS = 3;

/** Footers of packs, read once and kept as long as there is room. */
export class PackFooters {
  readonly #store: ObjectStore;
  readonly #cache: BlobCache | undefined;
  /** The one used last at the end. */
  readonly #kept = new Map<string, PackFooter>();
  readonly #reading = new Map<string, Promise<PackFooter>>();
  #keptBytes = 0;

  /** With a cache, a footer says nothing of whether its pack is still there. */
  constructor(store: ObjectStore, cache?: BlobCache | undefined) {
    this.#store = store;
    this.#cache = cache;
  }

  /** A footer that is in memory. */
  known(pack: string): PackFooter | undefined {
    const footer = this.#kept.get(pack);
    if (footer === undefined) return undefined;
    this.#kept.delete(pack);
    this.#kept.set(pack, footer);
    return footer;
  }

  keep(footer: PackFooter): void {
    if (this.#kept.has(footer.pack)) return;
    this.#kept.set(footer.pack, footer);
    this.#keptBytes += footer.bytes.length;
    for (const [pack, { bytes }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES || pack === footer.pack) break;
      this.#kept.delete(pack);
      this.#keptBytes -= bytes.length;
    }
  }

  /** No longer answers from memory for a pack. */
  forget(pack: string): void {
    this.#keptBytes -= this.#kept.get(pack)?.bytes.length ?? 0;
    this.#kept.delete(pack);
  }

  /** Throws `not-found` if the pack is not there, `integrity` if it does not end as one of this id. */
  async get(pack: string, signal?: AbortSignal | undefined): Promise<PackFooter> {
    const known = this.known(pack);
    if (known !== undefined) return known;
    // The signal is the first reader's: what it stops, another reads for itself.
    for (;;) {
      const reading = this.#reading.get(pack);
      if (reading === undefined) break;
      try {
        return await reading;
      } catch (error) {
        if (!isLodeError(error, "aborted") || signal?.aborted) throw error;
      }
    }
    const reading = this.#read(pack, signal);
    this.#reading.set(pack, reading);
    try {
      const footer = await reading;
      this.keep(footer);
      return footer;
    } finally {
      this.#reading.delete(pack);
    }
  }

  async #read(pack: string, signal: AbortSignal | undefined): Promise<PackFooter> {
    const cached = await this.#cached(pack);
    if (cached !== undefined) return cached;
    const footer = await this.#readFromStore(pack, signal);
    await this.#cache?.add(cacheKey(pack), 0, footer.bytes);
    return footer;
  }

  async #cached(pack: string): Promise<PackFooter | undefined> {
    const key = cacheKey(pack);
    for (const stretch of (await this.#cache?.stretches(key)) ?? []) {
      const bytes = await this.#cache?.read(key, stretch);
      try {
        if (bytes !== undefined) return PackFooter.endOf(bytes);
      } catch (error) {
        if (!isLodeError(error, "corrupt-format")) throw error;
        await this.#cache?.drop(key, stretch);
      }
    }
    return undefined;
  }

  async #readFromStore(pack: string, signal: AbortSignal | undefined): Promise<PackFooter> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#readOnce(pack, signal);
      } catch (error) {
        if (!isLodeError(error, "corrupt-format")) throw error;
        if (attempt < ATTEMPTS) continue;
        throw packDamage(this.#store, { pack, offset: 0, reason: error.message, cause: error });
      }
    }
  }

  async #readOnce(pack: string, signal: AbortSignal | undefined): Promise<PackFooter> {
    const key = packKey(pack);
    const { meta, tail } = await this.#tail(key, FIRST_READ, signal);
    const length = PackFooter.lengthOf(tail.subarray(Math.max(0, tail.length - TRAILER_BYTES)));
    const whole = length <= tail.length ? tail : (await this.#tail(key, length, signal)).tail;
    const footer = PackFooter.endOf(whole);
    const { packBytes } = footer;
    const reason =
      footer.pack !== pack
        ? `it is the pack ${footer.pack}`
        : packBytes !== meta.size
          ? `it has ${meta.size} bytes where its footer tells of ${packBytes}`
          : undefined;
    if (reason === undefined) return ownCopy(footer);
    throw packDamage(this.#store, { pack, offset: Math.max(0, meta.size - length), reason });
  }

  async #tail(key: string, bytes: number, signal: AbortSignal | undefined) {
    const { meta, body, range } = await this.#store.get(key, { range: { suffix: bytes }, signal });
    const tail = new Uint8Array(range.end - range.start);
    let at = 0;
    for await (const piece of body) {
      tail.set(piece, at);
      at += piece.length;
    }
    return { meta, tail };
  }
}

/** A footer is kept apart from its pack: where in that it begins is only known once it is read. */
function cacheKey(pack: string): string {
  return `${packKey(pack)}#footer`;
}

/** A view would keep all that was read in memory. */
function ownCopy(footer: PackFooter): PackFooter {
  return footer.count * ENTRY_BYTES > FIRST_READ / 2
    ? footer
    : PackFooter.endOf(footer.bytes.slice());
}
