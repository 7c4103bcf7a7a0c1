import { type Clock, raceAbort } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import {
  Collector,
  type GcState,
  type Ids,
  isAbandoned,
  isLostRace,
  readCondemned,
  readState,
  type StoreTime,
  storeTime,
  sweep,
} from "../cycles/index.js";
import type { BlobId } from "../keys.js";
import { CondemnedCycle, type Fate } from "./condemned-cycle.js";
import { Rescues } from "./rescues.js";

const POLL_MS = 2_000;

/** All that a session holds, as it is when asked. */
export type Held = () => { readonly blobs: Iterable<BlobId>; readonly packs: Iterable<string> };

/** The cycle that is under way, as far as a session has learned of it, and what the session can do about it. */
export class CycleWatch {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #bringBack: (blobs: readonly BlobId[], signal?: AbortSignal) => Promise<void>;
  readonly #rescues = new Rescues();
  #current: CondemnedCycle | undefined;
  #acknowledged = 0;
  #now: StoreTime | undefined;

  /** `bringBack` makes blobs complete again that were deleted by mistake. */
  constructor(
    store: ObjectStore,
    clock: Clock,
    bringBack: (blobs: readonly BlobId[], signal?: AbortSignal) => Promise<void>,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#bringBack = bringBack;
  }

  /** The newest cycle of which all that is held is rescued. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  blobFate(id: BlobId): Fate {
    return this.#current?.blobFate(id) ?? "kept";
  }

  packFate(pack: string): Fate {
    return this.#current?.packFate(pack) ?? "kept";
  }

  /** Begins as a session that knows nothing. */
  forget(): void {
    this.#current = undefined;
    this.#acknowledged = 0;
  }

  /** Looks at the cycle that is under way. True if it is a new one, of which all that is held is rescued now. */
  async learn(held: Held, signal: AbortSignal | undefined): Promise<boolean> {
    for (;;) {
      const { state } = await readState(this.#store, { signal });
      this.#current?.observe(state);
      if (state.list === undefined) {
        this.#current = undefined;
        return false;
      }
      if (state.list !== this.#current?.list.key) {
        const cycle = await this.#read(state, signal);
        if (cycle === undefined) continue;
        // From here on whatever is held anew is compared with the list.
        this.#current = cycle;
      }
      const { number } = this.#current;
      if (number === this.#acknowledged) return false;
      const ids = this.#current.condemnedOf(held());
      if (ids.blobs.length + ids.packs.length > 0) await this.#current.rescue(ids, { signal });
      this.#acknowledged = number;
      return true;
    }
  }

  /** Undefined if a later cycle has removed the list meanwhile. */
  async #read(
    state: GcState,
    signal: AbortSignal | undefined,
  ): Promise<CondemnedCycle | undefined> {
    try {
      const list = await readCondemned(this.#store, state.list ?? "", { signal });
      return new CondemnedCycle(this.#store, list, state);
    } catch (error) {
      if (!isLodeError(error, "not-found")) throw error;
      const now = await readState(this.#store, { signal });
      if (now.state.list !== state.list) return undefined;
      throw error;
    }
  }

  /** Rescues the blob if it is condemned; waits for the end of a deletion that is under way. */
  async secureBlob(id: BlobId, signal: AbortSignal | undefined): Promise<void> {
    await this.#untilDecided(() => this.blobFate(id), { blobs: [id], packs: [] }, signal);
  }

  /** The same for a pack. */
  async securePack(pack: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#untilDecided(() => this.packFate(pack), { blobs: [], packs: [pack] }, signal);
  }

  /** Rescues the pack if it is condemned and not being deleted yet. */
  async rescuePack(pack: string, signal: AbortSignal | undefined): Promise<void> {
    const cycle = this.#current;
    if (cycle === undefined || cycle.isDeleting || cycle.packFate(pack) !== "going") return;
    await raceAbort(this.#rescues.rescue(cycle, { blobs: [], packs: [pack] }), signal);
  }

  async #untilDecided(fate: () => Fate, ids: Ids, signal: AbortSignal | undefined): Promise<void> {
    while (fate() === "going") {
      const cycle = this.#current as CondemnedCycle;
      if (cycle.isDeleting) await this.#awaitSweep(cycle, signal);
      else await raceAbort(this.#rescues.rescue(cycle, ids), signal);
    }
  }

  async #awaitSweep(cycle: CondemnedCycle, signal: AbortSignal | undefined): Promise<void> {
    this.#now ??= await storeTime(this.#store, this.#clock, { signal });
    const stored = await readState(this.#store, { signal });
    const { state } = stored;
    const stands = state.collector === undefined || isAbandoned(stored, this.#now());
    if (state.list === cycle.list.key && stands) await this.#finishSweep(cycle, signal);
    else {
      cycle.observe(state);
      if (cycle.isDeleting) await this.#clock.sleep(POLL_MS, signal);
    }
  }

  /** Its collector died: the deletion is carried on here. */
  async #finishSweep(cycle: CondemnedCycle, signal: AbortSignal | undefined): Promise<void> {
    let collector: Collector;
    try {
      collector = await Collector.start(this.#store, this.#clock, { signal });
    } catch (error) {
      // Another one was quicker.
      if (isLostRace(error)) return;
      throw error;
    }
    try {
      if (collector.state.list === cycle.list.key && collector.state.phase === "deleting") {
        await sweep(this.#store, collector, cycle.list, {
          signal,
          onOverrun: (blobs) => this.#bringBack(blobs, signal),
        });
      }
    } catch (error) {
      if (!collector.isLost) {
        // Its right lapses by itself; what went wrong first is what has to be told.
        await collector.end().catch(() => undefined);
        throw error;
      }
    }
    if (!collector.isLost) await collector.end();
    cycle.observe(collector.state);
  }
}
