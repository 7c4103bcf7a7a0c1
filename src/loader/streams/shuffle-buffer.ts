import type { StreamItem } from "../dataset.js";
import { epochKeys, mix32 } from "../sampling/index.js";

export interface ShuffleBufferOptions {
  /** At most so many items. */
  readonly items: number;
  /** No more are taken in at so many bytes; the last item may go beyond. */
  readonly bytes: number;
  /** Undefined to give items as they come. */
  readonly draw: DrawSlot | undefined;
}

/** The slot that is drawn at a position of the rank's epoch from a buffer of this length. */
export type DrawSlot = (position: number, length: number) => number;

/** Takes the drawn one out of a list; the last one comes into its slot. */
export function drawFrom<E>(list: E[], position: number, draw: DrawSlot | undefined): E {
  const slot = draw?.(position, list.length) ?? 0;
  const drawn = list[slot]!;
  const last = list.pop()!;
  if (slot < list.length) list[slot] = last;
  return drawn;
}

/** Of its items the buffer has this part at first, so that the first sample comes early. */
const FIRST_PART = 10;

/**
 * Draws that seed, epoch and rank determine, version 1: `floor(w / 2^32 * length)`, where `w` is
 * `mix32(mix32(low ^ key[0]) ^ high ^ key[1])` of the position's low 32 and its high bits, and the keys are
 * those of `epochKeys` for `draw of rank {rank}`.
 */
export function seededDraw(seed: number, epoch: number, rank: number): DrawSlot {
  const [first, second] = epochKeys(`draw of rank ${rank}`, seed, epoch) as unknown as [
    number,
    number,
  ];
  return (position, length) => {
    const word = mix32(mix32(position ^ first) ^ Math.floor(position / 2 ** 32) ^ second);
    return Math.floor((word / 2 ** 32) * length);
  };
}

/**
 * Holds items until they are drawn at random. Before the item at position `p` of the epoch is drawn, it takes in
 * items until it holds a tenth of what it may and `p` more, at most all of it: it begins early and fills up as
 * items are drawn. Without draws it holds one.
 */
export class ShuffleBuffer<T> {
  readonly #options: ShuffleBufferOptions;
  readonly #items: StreamItem<T>[] = [];
  #bytes = 0;

  constructor(options: ShuffleBufferOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Whether it takes in another item before the item at `position` is drawn. */
  wants(position: number): boolean {
    const { items, bytes, draw } = this.#options;
    if (this.#items.length === 0) return true;
    if (draw === undefined || this.#bytes >= bytes) return false;
    return this.#items.length < Math.min(items, Math.ceil(items / FIRST_PART) + position);
  }

  push(item: StreamItem<T>): void {
    this.#items.push(item);
    this.#bytes += item.byteLength;
  }

  /** Draws an item; there must be one. */
  draw(position: number): StreamItem<T> {
    const item = drawFrom(this.#items, position, this.#options.draw);
    this.#bytes -= item.byteLength;
    return item;
  }
}
