import type { CallOptions, ObjectStore } from "../../storage/index.js";
import {
  type CondemnedList,
  type GcState,
  IdSet,
  type Ids,
  isLostRace,
  needsOf,
  readState,
  writeState,
} from "../cycles/index.js";
import type { BlobId } from "../keys.js";

/** What became of something condemned: `kept` is safe, `going` is being deleted, `gone` is deleted and may have been stored anew. */
export type Fate = "kept" | "going" | "gone";

/** The cycle that is under way, as a session knows it. Being behind is safe: a cycle waits for the sessions that do not know it. */
export class CondemnedCycle {
  readonly list: CondemnedList;
  readonly #store: ObjectStore;
  #state: GcState;
  #keptBlobs: IdSet;
  #keptPacks: IdSet;

  constructor(store: ObjectStore, list: CondemnedList, state: GcState) {
    this.#store = store;
    this.list = list;
    this.#state = state;
    this.#keptBlobs = new IdSet(32, state.rescued.blobs);
    this.#keptPacks = new IdSet(16, state.rescued.packs);
  }

  get number(): number {
    return this.#state.cycle;
  }

  get isDeleting(): boolean {
    return this.#state.phase === "deleting";
  }

  blobFate(id: BlobId): Fate {
    const number = this.list.blobs.numberOf(id);
    if (number === undefined || this.#keptBlobs.has(id)) return "kept";
    return this.#isSwept(number) ? "gone" : "going";
  }

  packFate(id: string): Fate {
    const number = this.list.packs.numberOf(id);
    if (number === undefined || this.#keptPacks.has(id)) return "kept";
    return this.#isSwept(this.list.blobs.size + number) ? "gone" : "going";
  }

  /** Those of them that are condemned and not rescued. */
  condemnedOf({ blobs, packs }: { blobs: Iterable<BlobId>; packs: Iterable<string> }): Ids {
    return {
      blobs: [...blobs].filter((id) => this.blobFate(id) !== "kept"),
      packs: [...packs].filter((id) => this.packFate(id) !== "kept"),
    };
  }

  /** Takes up how far it is now. */
  observe(state: GcState): void {
    if (state.list === this.list.key) {
      this.#state = state;
      this.#keptBlobs = new IdSet(32, state.rescued.blobs);
      this.#keptPacks = new IdSet(16, state.rescued.packs);
    } else {
      this.#state = { ...this.#state, phase: "done" };
    }
  }

  /**
   * Takes these off the list with all that they need, if nothing is being deleted yet; their fate tells.
   */
  async rescue(ids: Ids, options: CallOptions): Promise<void> {
    const wanted = await this.#closure(ids, options);
    for (;;) {
      const { state, etag } = await readState(this.#store, options);
      this.observe(state);
      const { blobs, packs } = this.condemnedOf(wanted);
      if (this.#state.phase !== "condemned" || blobs.length + packs.length === 0) return;
      const rescued = {
        blobs: [...state.rescued.blobs, ...blobs],
        packs: [...state.rescued.packs, ...packs],
      };
      try {
        const written = await writeState(
          this.#store,
          { state: { ...state, rescued }, etag },
          options,
        );
        this.observe(written.state);
        return;
      } catch (error) {
        if (!isLostRace(error)) throw error;
      }
    }
  }

  /**
   * A blob is of no use without the packs that its recipe names and the blobs that it links to. What they need is condemned
   * only together with them.
   */
  async #closure(ids: Ids, options: CallOptions): Promise<Ids> {
    const blobs = new Set(ids.blobs);
    const packs = new Set(ids.packs);
    for (const id of blobs) {
      const needs = await needsOf(this.#store, id, options);
      for (const link of needs.blobs) if (this.list.blobs.has(link)) blobs.add(link);
      for (const pack of needs.packs) packs.add(pack);
    }
    return { blobs: [...blobs], packs: [...packs] };
  }

  #isSwept(place: number): boolean {
    const { phase, swept } = this.#state;
    return phase === "done" || (phase === "deleting" && place < swept);
  }
}
