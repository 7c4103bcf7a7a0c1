import type { PackFooter } from "../packs/index.js";
import type { IdSets } from "./candidates.js";
import type { PackUse } from "./pack-use.js";
import type { Survey } from "./survey.js";

/** A pack of whose bytes less than this share is used is worth writing anew. */
const WORTH = 0.5;

/** Finds the packs that are mostly dead weight. */
export class SparsePacks {
  readonly footers: PackFooter[] = [];
  /** Stored bytes of these packs, and of their chunks that are used. */
  bytes = 0;
  usedBytes = 0;
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
    if (used === 0 || used >= WORTH * packBytes) return;
    this.footers.push(footer);
    this.bytes += packBytes;
    this.usedBytes += used;
  }
}
