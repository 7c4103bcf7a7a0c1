import { randomBytes } from "node:crypto";
import type { ObjectStore } from "../../storage/index.js";
import { packKey } from "../keys.js";
import { PackFooter, writeEntry } from "./pack-footer.js";
import {
  type ChunkPlace,
  ENTRY_BYTES,
  HEADER_BYTES,
  MAX_ENTRIES,
  PACK_MAGIC,
  type StoredChunk,
} from "./pack-format.js";

/** Packs that are being stored while the next one is filled. */
const IN_FLIGHT = 2;
const FIRST_ENTRIES = 1024;
/** Most packs of a process that stores little at a time are small. */
const FIRST_BYTES = 1024 * 1024;
/** Room for the chunk that makes a pack full, and for the footer of 3,000 chunks. */
const SPARE_BYTES = 256 * 1024;

export interface PackWriterOptions {
  readonly packSize: number;
  readonly signal: AbortSignal;
  /** Called before anything of a pack is stored. */
  readonly onBegin: (pack: string) => void;
  /** A pack is durable. */
  readonly onStored: (footer: PackFooter) => void;
}

/** A pack that is being filled. */
interface OpenPack {
  readonly id: string;
  bytes: Uint8Array;
  used: number;
  entries: Uint8Array;
  count: number;
}

/**
 * Fills packs with chunks and stores them, two at a time while the next is filled: at most three packs are in memory. After
 * a failure it stores nothing more and throws that failure from every method.
 */
export class PackWriter {
  readonly #store: ObjectStore;
  readonly #options: PackWriterOptions;
  #open: OpenPack | undefined;
  readonly #underWay = new Set<Promise<void>>();
  /** Memory of packs that were stored, to be filled again. */
  readonly #idle: Uint8Array[] = [];
  #failure: { readonly error: unknown } | undefined;
  /** Bytes that were stored so far. */
  storedBytes = 0;

  constructor(store: ObjectStore, options: PackWriterOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Copies a chunk into the pack in making. Wait for {@link room} between some MiB of them. */
  append(chunk: StoredChunk): ChunkPlace {
    this.throwIfFailed();
    this.#open ??= this.#begin();
    const open = this.#open;
    const { hash, stored, codec, plainBytes } = chunk;
    const most = this.#options.packSize + SPARE_BYTES;
    open.bytes = withRoom(open.bytes, open.used, stored.length, most);
    open.bytes.set(stored, open.used);
    open.used += stored.length;
    open.entries = withRoom(open.entries, open.count * ENTRY_BYTES, ENTRY_BYTES);
    const storedBytes = stored.length;
    writeEntry(open.entries, open.count * ENTRY_BYTES, { hash, storedBytes, plainBytes, codec });
    const place = { pack: open.id, entry: open.count++ };
    if (open.used >= this.#options.packSize || open.count === MAX_ENTRIES) this.seal();
    return place;
  }

  /** Waits until no more packs than two are being stored. */
  async room(): Promise<void> {
    while (this.#underWay.size > IN_FLIGHT) await Promise.race(this.#underWay);
    this.throwIfFailed();
  }

  /** Begins to store the pack in making. */
  seal(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const storing = this.#put(open)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#underWay.delete(storing));
    this.#underWay.add(storing);
  }

  /** Waits for all packs that were sealed before. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
    this.throwIfFailed();
  }

  /** Forgets the pack in making and waits for those that are being stored. */
  async discard(): Promise<void> {
    this.#open = undefined;
    await Promise.all(this.#underWay);
    this.#idle.length = 0;
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #begin(): OpenPack {
    const bytes = this.#idle.pop() ?? new Uint8Array(FIRST_BYTES);
    bytes.set(PACK_MAGIC);
    return {
      id: randomBytes(16).toString("hex"),
      bytes,
      used: HEADER_BYTES,
      entries: new Uint8Array(FIRST_ENTRIES * ENTRY_BYTES),
      count: 0,
    };
  }

  async #put({ id, used, entries, count, ...open }: OpenPack): Promise<void> {
    this.throwIfFailed();
    const footer = PackFooter.make(id, entries.subarray(0, count * ENTRY_BYTES), used);
    const bytes = withRoom(open.bytes, used, footer.bytes.length);
    bytes.set(footer.bytes, used);
    const pack = bytes.subarray(0, footer.packBytes);
    const { signal, onBegin, onStored } = this.#options;
    onBegin(id);
    await this.#store.put(packKey(id), pack, { mode: "create", signal });
    this.#idle.push(bytes);
    this.storedBytes += pack.length;
    onStored(footer);
  }
}

/** The memory, or a copy of what is used of it in memory twice as large, but not larger than `most` unless it must be. */
function withRoom(memory: Uint8Array, used: number, more: number, most = Infinity): Uint8Array {
  if (used + more <= memory.length) return memory;
  const larger = new Uint8Array(Math.max(Math.min(2 * memory.length, most), used + more));
  larger.set(memory.subarray(0, used));
  return larger;
}
