import { isLodeError } from "../../errors.js";
import type { CallOptions } from "../../storage/index.js";
import type { ChunkIndex } from "./chunk-index.js";
import type { PackFooter } from "./pack-footer.js";
import type { PackFooters } from "./pack-footers.js";
import type { ChunkPlace } from "./pack-format.js";

/** The chunks of packs that are there and that a session may rely on until it ends. */
export class HeldChunks {
  readonly #index: ChunkIndex;
  readonly #footers: PackFooters;
  readonly #hold: (pack: string, options: CallOptions) => Promise<boolean>;
  readonly #packs = new Map<string, Promise<boolean>>();

  /** `hold`: keeps a pack from being collected; false if it is too late. */
  constructor(
    index: ChunkIndex,
    footers: PackFooters,
    hold: (pack: string, options: CallOptions) => Promise<boolean>,
  ) {
    this.#index = index;
    this.#footers = footers;
    this.#hold = hold;
  }

  /** A pack that this session stored and holds. */
  own(footer: PackFooter): void {
    this.#footers.keep(footer);
    this.#packs.set(footer.pack, Promise.resolve(true));
  }

  /** Where a chunk is, once its pack is held, there, and found to have it. */
  async find(hash: string, options: CallOptions): Promise<ChunkPlace | undefined> {
    const place = this.#index.find(hash);
    if (place === undefined) return undefined;
    if (!(await this.#isHeld(place.pack, options))) {
      this.#index.drop(place.pack);
      return undefined;
    }
    const footer = await this.#footers.get(place.pack, options.signal);
    const known = place.entry < footer.count && footer.hash(place.entry) === hash;
    return known ? place : undefined;
  }

  #isHeld(pack: string, options: CallOptions): Promise<boolean> {
    let held = this.#packs.get(pack);
    if (held === undefined) {
      held = this.#holdAndLook(pack, options);
      this.#packs.set(pack, held);
      held.catch(() => this.#packs.delete(pack));
    }
    return held;
  }

  /** Held first: a pack that was seen before could be gone by then. */
  async #holdAndLook(pack: string, options: CallOptions): Promise<boolean> {
    if (!(await this.#hold(pack, options))) return false;
    this.#footers.forget(pack);
    try {
      await this.#footers.get(pack, options.signal);
      return true;
    } catch (error) {
      // What is new must not depend on what is damaged; to find and tell that is the work of `verify`.
      if (isLodeError(error, "not-found", "integrity")) return false;
      throw error;
    }
  }
}
