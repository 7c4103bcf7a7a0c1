import type { PackFooter } from "../packs/index.js";
import type { IdSets } from "./candidates.js";
import type { PackUse } from "./pack-use.js";
import type { Survey } from "./survey.js";

/** A pack of whose chunks, by bytes, less than this share is used is worth writing anew. */
const WORTH = 0.5;
/** Packs below this size come from sessions that stored little. */
const SMALL_BYTES = 4 * 1024 * 1024;
/** So few small ones are not worth a change. */
const MOST_SMALL = 16;

/** Finds the packs that are worth writing anew: those that are mostly dead weight, and small ones if there are many. */
export class WastefulPacks {
  readonly #sparse: PackFooter[] = [];
  readonly #small: PackFooter[] = [];
  readonly #use: PackUse;
  readonly #survey: Survey;
  readonly #condemned: IdSets;
  readonly #oldBefore: number;

  /** Packs that were written after `oldBefore` may be in use by those who wrote them, and are left alone. */
  constructor(use: PackUse, survey: Survey, condemned: IdSets, oldBefore: number) {
    this.#use = use;
    this.#survey = survey;
    this.#condemned = condemned;
    this.#oldBefore = oldBefore;
  }

  take(footer: PackFooter): void {
    const { pack, packBytes } = footer;
    const tally = this.#survey.packTallies[this.#survey.packs.numberOf(pack) ?? -1];
    if (tally === undefined || tally.modified >= this.#oldBefore) return;
    if (this.#condemned.packs.has(pack)) return;
    const used = this.#use.usedBytes(footer);
    // One that is not used at all goes by itself.
    if (used === 0) return;
    // Without the footer, which each new pack has again: it can be larger than chunks that compress well.
    if (used < WORTH * (footer.dataEnd - footer.start(0))) this.#sparse.push(footer);
    else if (packBytes < SMALL_BYTES) this.#small.push(footer);
  }

  /** Of all packs that were taken. */
  footers(): readonly PackFooter[] {
    return this.#small.length > MOST_SMALL ? [...this.#sparse, ...this.#small] : this.#sparse;
  }
}
