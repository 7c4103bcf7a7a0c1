import type { RangeReader } from "./range-reader.js";

/** Units that are kept for the reads that come next. */
const KEPT = 2;

/** Reads that are small next to a unit are served from the units that were read last. */
export class CachedRanges implements RangeReader {
  readonly size: number;
  readonly #unit: number | undefined;
  readonly #readRange: (start: number, end: number) => Promise<Uint8Array>;
  /** By number, the one used last at the end. */
  readonly #units = new Map<number, Promise<Uint8Array>>();

  /** `unit`: bytes that are read as a whole anyway; undefined for none. */
  constructor(
    size: number,
    unit: number | undefined,
    readRange: (start: number, end: number) => Promise<Uint8Array>,
  ) {
    this.size = size;
    this.#unit = unit;
    this.#readRange = readRange;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const unit = this.#unit;
    const index = unit === undefined ? 0 : Math.floor(start / unit);
    const within = unit !== undefined && end > start && end <= (index + 1) * unit;
    if (!within || end > this.size) return this.#readRange(start, end);
    const bytes = await this.#load(index, unit);
    // A view would keep the unit in memory after it has left the cache.
    return bytes.slice(start - index * unit, end - index * unit);
  }

  #load(index: number, unit: number): Promise<Uint8Array> {
    const start = index * unit;
    const loading =
      this.#units.get(index) ?? this.#readRange(start, Math.min(start + unit, this.size));
    this.#units.delete(index);
    this.#units.set(index, loading);
    loading.catch(() => this.#units.delete(index));
    for (const oldest of this.#units.keys()) {
      if (this.#units.size <= KEPT) break;
      this.#units.delete(oldest);
    }
    return loading;
  }
}
