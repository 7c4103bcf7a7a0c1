import { randomBytes } from "node:crypto";
import { type Clock, CONCURRENT_READS, sideBySide, systemClock } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { isLostRace, TrashReader } from "../cycles/index.js";
import { type BlobId, packKey } from "../keys.js";
import { CycleWatch, type Held } from "./cycle-watch.js";
import { type LeaseRecord, leaseKey, writeLease } from "./lease-record.js";

const DEFAULT_TTL_MS = 60 * 60 * 1000;
const DEFAULT_RENEW_EVERY_MS = 5 * 60 * 1000;

export interface LeaseOptions extends CallOptions {
  readonly clock?: Clock | undefined;
  /** Milliseconds for which a session that died still holds what it held. Default one hour. */
  readonly ttl?: number | undefined;
  /** Milliseconds between renewals in the background; `Infinity`: none. Default five minutes. */
  readonly renewEvery?: number | undefined;
}

/**
 * A session's claim on blobs and packs that nothing refers to yet: what it holds is not collected until it is closed. The rule
 * for blobs is *first hold, then look*: what is there after {@link holdBlob} stays, what is not is to be written. It guards
 * against every collector, and against its own death being assumed while the machine slept, provided that `confirm` succeeds
 * after the refs are written and before anything is made public that needs them.
 */
export class Lease implements AsyncDisposable {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #ttl: number;
  readonly #blobs = new Set<BlobId>();
  /** Whether each was there. */
  readonly #packs = new Map<string, Promise<boolean>>();
  /** Held, and not there when it was last looked for: to be written still, or lost. */
  readonly #missing = new Set<BlobId>();
  readonly #missingPacks = new Set<string>();
  readonly #watch: CycleWatch;
  readonly #closed = new AbortController();
  #session = newSession();
  #etag = "";
  readonly #startedAt: number;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    store: ObjectStore,
    { clock = systemClock, ttl = DEFAULT_TTL_MS }: LeaseOptions,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#ttl = ttl;
    this.#startedAt = clock.now();
    this.#watch = new CycleWatch(store, clock, async (blobs, signal) => {
      await this.bringBack(blobs, { signal });
    });
  }

  /** Writes the lease and learns what is condemned. Throws `unsupported` for a store without conditional puts. */
  static async open(store: ObjectStore, options: LeaseOptions = {}): Promise<Lease> {
    const { putIfAbsent, putIfMatch } = store.capabilities;
    if (!putIfAbsent || !putIfMatch) {
      throw new LodeError({
        code: "unsupported",
        message: `${store.uri} has no conditional puts, so nothing could keep a collection from deleting what is being written; use a store that has them`,
        uri: store.uri,
      });
    }
    const lease = new Lease(store, options);
    await lease.#begin(options);
    const every = options.renewEvery ?? DEFAULT_RENEW_EVERY_MS;
    if (every !== Number.POSITIVE_INFINITY) {
      lease.#timer = setInterval(() => lease.#renewInBackground(), every);
      lease.#timer.unref();
    }
    return lease;
  }

  /** The name of the lease; a new one after it ran out. */
  get session(): string {
    return this.#session;
  }

  /** Whether the blob is condemned as far as is known: `holdBlob` has to rescue it or to wait for its end. No I/O. */
  isCondemnedBlob(id: BlobId): boolean {
    return this.#watch.blobFate(id) === "going";
  }

  /** Whether the pack is condemned as far as is known. No I/O. */
  isCondemnedPack(pack: string): boolean {
    return this.#watch.packFate(pack) !== "kept";
  }

  /**
   * From now on, what the store has of the blob stays, with all that it needs. Call it before looking whether the blob is there;
   * where it is not, write it. Waits while the blob is being deleted.
   */
  async holdBlob(id: BlobId, { signal }: CallOptions = {}): Promise<void> {
    this.#blobs.add(id);
    await this.#watch.secureBlob(id, signal);
  }

  /** True if the pack is there and stays; false if it is gone or going: do without it. */
  async holdPack(pack: string, { signal }: CallOptions = {}): Promise<boolean> {
    const known = this.#packs.get(pack);
    if (known !== undefined) return known;
    const found = this.#securePack(pack, signal);
    this.#packs.set(pack, found);
    try {
      const there = await found;
      if (!there) this.#packs.delete(pack);
      return there;
    } catch (error) {
      this.#packs.delete(pack);
      throw error;
    }
  }

  /** Holds a pack that this session is about to write. */
  addPack(pack: string): void {
    this.#packs.set(pack, Promise.resolve(true));
  }

  /** Gives up a blob that was to be written and will not be. */
  releaseBlob(id: BlobId): void {
    this.#blobs.delete(id);
    this.#missing.delete(id);
  }

  /** Gives up a pack that was to be written and will not be. */
  releasePack(pack: string): void {
    this.#packs.delete(pack);
    this.#missingPacks.delete(pack);
  }

  /** Holds blobs and makes each of them complete again from the trash; tells those for which that cannot be done. */
  async bringBack(ids: Iterable<BlobId>, { signal }: CallOptions = {}): Promise<BlobId[]> {
    const trash = this.#trash(signal);
    const missing: BlobId[] = [];
    await sideBySide([...ids], CONCURRENT_READS, signal, async (id) => {
      if (!(await trash.bringBack(id))) missing.push(id);
    });
    return missing;
  }

  /** Tells collectors that the session is alive and rescues what it holds of a new cycle. Done in the background too. */
  async renew(options: CallOptions = {}): Promise<void> {
    await this.#inTurn(() => this.#renew(options.signal));
  }

  /**
   * Makes sure that nobody has taken the session for dead: that refs written before are seen by every deletion after. If it was
   * taken for dead, all that it holds is looked for again and brought back from the trash. Throws `not-found` if something of it is
   * lost, and whatever kept a renewal in the background from succeeding.
   */
  async confirm({ signal }: CallOptions = {}): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#failure === undefined) await this.#write(signal);
      else await this.#renew(signal);
      await this.#lookForMissing(signal);
    });
  }

  /** Ends the session: what it holds and nothing refers to may be collected. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    clearInterval(this.#timer);
    this.#closed.abort();
    await this.#turn;
    await this.#store.delete(leaseKey(this.#session));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #renewInBackground(): void {
    this.#inTurn(() => this.#renew(this.#closed.signal)).catch((error: unknown) => {
      if (!this.#closed.signal.aborted) this.#failure = error;
    });
  }

  /** One change of the lease at a time: each needs the etag of the last. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      if (!this.#closed.signal.aborted) return work();
      throw new LodeError({ code: "invalid-argument", message: "the session is closed" });
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #begin({ signal }: CallOptions): Promise<void> {
    this.#watch.forget();
    const now = this.#clock.now();
    // First the lease, then the look: a cycle that is published after the look finds the lease.
    this.#etag = await writeLease(this.#store, this.#record(), now, { mode: "create", signal });
    if (await this.#watch.learn(this.#held, signal)) await this.#write(signal);
  }

  async #renew(signal: AbortSignal | undefined): Promise<void> {
    await this.#watch.learn(this.#held, signal);
    await this.#write(signal);
    this.#failure = undefined;
  }

  async #write(signal: AbortSignal | undefined): Promise<void> {
    try {
      this.#etag = await writeLease(this.#store, this.#record(), this.#clock.now(), {
        mode: { ifMatch: this.#etag },
        signal,
      });
    } catch (error) {
      if (!isLostRace(error)) throw error;
      await this.#beginAgain(signal);
    }
  }

  /** A collector took the session for dead, and what it held may be gone. */
  async #beginAgain(signal: AbortSignal | undefined): Promise<void> {
    const old = leaseKey(this.#session);
    this.#session = newSession();
    await this.#begin({ signal });
    // Where only an answer was lost, it is there still.
    await this.#store.delete(old, { signal });
    for (const id of this.#blobs) this.#missing.add(id);
    for (const pack of this.#packs.keys()) this.#missingPacks.add(pack);
    await this.#bringBackMissing(signal);
  }

  async #bringBackMissing(signal: AbortSignal | undefined): Promise<void> {
    const trash = this.#trash(signal);
    await sideBySide([...this.#missingPacks], CONCURRENT_READS, signal, async (pack) => {
      if (await trash.bringBackPack(pack)) this.#missingPacks.delete(pack);
    });
    await sideBySide([...this.#missing], CONCURRENT_READS, signal, async (id) => {
      if (await trash.bringBack(id)) this.#missing.delete(id);
    });
  }

  async #lookForMissing(signal: AbortSignal | undefined): Promise<void> {
    if (this.#missing.size + this.#missingPacks.size === 0) return;
    await this.#bringBackMissing(signal);
    const lost = [...this.#missing, ...this.#missingPacks];
    if (lost.length === 0) return;
    throw new LodeError({
      code: "not-found",
      message: `the session gave no sign of life for ${this.#ttl / 60_000} minutes, and a collection of ${this.#store.uri} deleted what it relied on: ${lost.slice(0, 3).join(", ")}${lost.length > 3 ? ` and ${lost.length - 3} more` : ""}; store it again`,
      uri: this.#store.uri,
      details: { blobs: [...this.#missing], packs: [...this.#missingPacks] },
    });
  }

  /** What it brings back stays: it is held before it is looked for. */
  #trash(signal: AbortSignal | undefined): TrashReader {
    const holdPack = async (pack: string): Promise<void> => {
      if (!this.#packs.has(pack)) this.addPack(pack);
      await this.#watch.securePack(pack, signal);
    };
    const holder = { holdPack, holdBlob: (id: BlobId) => this.holdBlob(id, { signal }) };
    return new TrashReader(this.#store, { signal, holder });
  }

  async #securePack(pack: string, signal: AbortSignal | undefined): Promise<boolean> {
    await this.#watch.rescuePack(pack, signal);
    if (this.isCondemnedPack(pack)) return false;
    // What is known of packs may be older than their end.
    return this.#store.exists(packKey(pack), { signal });
  }

  readonly #held: Held = () => ({ blobs: this.#blobs, packs: this.#packs.keys() });

  #record(): LeaseRecord {
    return {
      session: this.#session,
      startedAt: this.#startedAt,
      ttl: this.#ttl,
      cycle: this.#watch.acknowledged,
    };
  }
}

function newSession(): string {
  return randomBytes(16).toString("hex");
}
