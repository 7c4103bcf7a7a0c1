import { viewOf } from "../../little-endian.js";
import type { PlainBytes } from "./plain-bytes.js";
import type { LeafPlaces } from "./shred.js";

/** Sizes of pages in bytes: of the values in the encoding PLAIN and one for each level. */
export interface PageSizes {
  /** No page but a column's last is smaller. */
  readonly min: number;
  /** The mean of what comes behind `min`. */
  readonly spread: number;
  /** A page ends with the row that reaches it. */
  readonly max: number;
}

/** A page ends before this place and this value. */
export interface PageEnd {
  readonly place: number;
  readonly value: number;
}

/** Odd constants of MurmurHash3, signed, which `Math.imul` takes without a conversion. */
const MIX_1 = 0x85ebca6b | 0;
const MIX_2 = 0xc2b2ae35 | 0;
/** From the start and from the end of a value. */
const SAMPLE_BYTES = 16;

/**
 * Cuts a column's places into pages where its content says so, so that versions of a table have the same pages apart
 * from those around an edit: behind `min`, a page ends at the first row at which a Gear hash (Xia et al., "Ddelta",
 * 2014) of the last 32 places is below a bound in proportion to the place's bytes.
 */
export class PageCuts {
  readonly #sizes: PageSizes;
  readonly #bound: number;
  #hash = 0;
  #bytes = 0;
  /** The page ends before the next row. */
  #due = false;

  constructor(sizes: PageSizes) {
    this.#sizes = sizes;
    this.#bound = 2 ** 32 / sizes.spread;
  }

  /** Where pages end in the places up to their end, which is the end of a row. */
  endsIn({ leaf, count, definition, repetition }: LeafPlaces, plain: PlainBytes): PageEnd[] {
    const { min, max } = this.#sizes;
    const bound = this.#bound;
    const { width, ends } = plain;
    const { maxDefinition, maxRepetition } = leaf;
    const hashes = hashValues(plain);
    const levelBytes = Math.sign(maxDefinition) + Math.sign(maxRepetition);
    const found: PageEnd[] = [];
    let hash = this.#hash;
    let bytes = this.#bytes;
    let due = this.#due;
    let value = 0;
    let valueStart = 0;
    for (let place = 0; place < count; place++) {
      if (due && (repetition === undefined || repetition[place] === 0)) {
        found.push({ place, value });
        bytes = 0;
        due = false;
      }
      const level = definition === undefined ? maxDefinition : (definition[place] as number);
      let size = levelBytes;
      if (level === maxDefinition) {
        hash = ((hash << 1) + (hashes[value] as number)) | 0;
        const valueEnd = ends === undefined ? valueStart + width : (ends[value] as number);
        size += valueEnd - valueStart;
        valueStart = valueEnd;
        value++;
      } else hash = ((hash << 1) + Math.imul(level + 1, MIX_2)) | 0;
      bytes += size;
      if (bytes >= min && (hash >>> 0 < bound * size || bytes >= max)) due = true;
    }
    this.#hash = hash;
    this.#bytes = bytes;
    this.#due = due;
    return found;
  }

  /** Begins a row group, which must not depend on the one before. */
  reset(): void {
    this.#hash = 0;
    this.#bytes = 0;
    this.#due = false;
  }
}

/** A number of 32 bits for each value. */
function hashValues({ count, bytes, width, ends }: PlainBytes): Int32Array {
  const hashes = new Int32Array(count);
  const view = viewOf(bytes);
  if (ends !== undefined) {
    for (let i = 0, from = 0; i < count; i++) {
      hashes[i] = hashBytes(view, from, ends[i] as number);
      from = ends[i] as number;
    }
  } else if (width === 8) {
    for (let i = 0; i < count; i++) {
      hashes[i] = mixed(rolled(view.getInt32(8 * i, true), 0) ^ view.getInt32(8 * i + 4, true));
    }
  } else if (width === 4) {
    for (let i = 0; i < count; i++) hashes[i] = mixed(view.getInt32(4 * i, true));
  } else if (width === 1) {
    for (let i = 0; i < count; i++) hashes[i] = mixed(bytes[i] as number);
  } else {
    for (let i = 0; i < count; i++) hashes[i] = hashBytes(view, i * width, (i + 1) * width);
  }
  return hashes;
}

/** The end of MurmurHash3, after which each bit depends on all. */
function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), MIX_1);
  hash = Math.imul(hash ^ (hash >>> 13), MIX_2);
  return hash ^ (hash >>> 16);
}

/** Of long values, only the ends count: a boundary needs no more. */
function hashBytes(view: DataView, from: number, to: number): number {
  let hash = to - from;
  const head = Math.min(to, from + SAMPLE_BYTES);
  let at = from;
  for (; at + 4 <= head; at += 4) hash = rolled(hash, view.getInt32(at, true));
  for (; at < head; at++) hash = rolled(hash, view.getUint8(at));
  for (at = Math.max(head, to - SAMPLE_BYTES); at < to; at++)
    hash = rolled(hash, view.getUint8(at));
  return mixed(hash);
}

function rolled(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, MIX_1);
  return product ^ (product >>> 15);
}
