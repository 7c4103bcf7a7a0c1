import { CompactWriter } from "../compact-writer.js";
import type { Leaf } from "./field-tree.js";
import { plainBytes } from "./plain-bytes.js";
import type { StoredValues } from "./stored-values.js";
import { isBefore, rangeOf } from "./value-range.js";

/** Longer values are left out: readers only need them to skip row groups. */
const MAX_BYTES = 256;
const LENGTH_BYTES = 4;

/** The least and the greatest value of a column in one row group, and how many are null. */
export class ColumnStatistics {
  readonly #leaf: Leaf;
  #nulls = 0;
  /** Each the only one of its array. */
  #least: StoredValues | undefined;
  #greatest: StoredValues | undefined;

  constructor(leaf: Leaf) {
    this.#leaf = leaf;
  }

  add(values: StoredValues, nulls: number): void {
    this.#nulls += nulls;
    const range = rangeOf(values);
    if (range === undefined) return;
    const [least, greatest] = range.map((i) => values.slice(i, i + 1)) as [
      StoredValues,
      StoredValues,
    ];
    if (this.#least === undefined || isBefore(least[0], this.#least[0])) this.#least = least;
    if (this.#greatest === undefined || isBefore(this.#greatest[0], greatest[0]))
      this.#greatest = greatest;
  }

  /** parquet.thrift's `Statistics`. */
  finish(): CompactWriter {
    const statistics = new CompactWriter().int64(3, this.#nulls);
    if (this.#least === undefined || this.#greatest === undefined) return statistics;
    const least = this.#bytes(withSign(this.#least, -0));
    const greatest = this.#bytes(withSign(this.#greatest, 0));
    if (Math.max(least.length, greatest.length) > MAX_BYTES) return statistics;
    return statistics.bytes(5, greatest).bytes(6, least).flag(7, true).flag(8, true);
  }

  #bytes(value: StoredValues): Uint8Array {
    const { bytes, ends } = plainBytes(this.#leaf, value);
    return ends === undefined ? bytes : bytes.subarray(LENGTH_BYTES);
  }
}

/** Readers take zeros of both signs to lie between these (parquet.thrift, `ColumnOrder`). */
function withSign(value: StoredValues, zero: number): StoredValues {
  const isFloat = value instanceof Float32Array || value instanceof Float64Array;
  return isFloat && value[0] === 0 ? value.map(() => zero) : value;
}
