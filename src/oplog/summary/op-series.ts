import { LatencySlots } from "./latency-slots.js";
import { TimeSlots } from "./time-slots.js";

/** Slots of a series at most, and their first width in nanoseconds. */
const SLOTS = 256;
const WIDTH = 1e6;
const BYTES = 0;
const OBJECTS = 1;

/** Where the slots of a series lie: they are the same for all operations. */
export interface SeriesFrame {
  /** Number of the first slot, which begins at `first * width`. */
  readonly first: number;
  readonly last: number;
  /** In nanoseconds. */
  readonly width: number;
}

/** An operation along time, an entry for each slot. */
export interface OpSeries {
  readonly bytesPerSecond: readonly number[];
  readonly objectsPerSecond: readonly number[];
  /** Latency in nanoseconds of the requests that ended in the slot; null where none did. */
  readonly p50Ns: readonly (number | null)[];
  readonly p99Ns: readonly (number | null)[];
}

/** Gathers the series of one operation. Times are nanoseconds from any one moment. */
export class OpSeriesTally {
  readonly #rates = new TimeSlots({ slots: SLOTS, fields: 2, width: WIDTH });
  readonly #latencies = new LatencySlots(SLOTS, WIDTH);

  /** Bytes and objects are spread evenly over the request; its latency counts where it ended. */
  add(start: number, end: number, bytes: number, objects: number): void {
    this.#rates.spread(start, end, bytes, objects);
    this.#latencies.add(end, end - start);
  }

  figures(frame: SeriesFrame): OpSeries {
    this.#rates.widenTo(frame.width);
    this.#latencies.widenTo(frame.width);
    const seconds = frame.width / 1e9;
    const numbers = Array.from({ length: frame.last - frame.first + 1 }, (_, i) => frame.first + i);
    const rate = (field: number) => (slot: number) => this.#rates.sum(slot, field) / seconds;
    const quantiles = numbers.map((slot) => this.#latencies.quantiles(slot, [0.5, 0.99]));
    return {
      bytesPerSecond: numbers.map(rate(BYTES)),
      objectsPerSecond: numbers.map(rate(OBJECTS)),
      p50Ns: quantiles.map((pair) => pair?.[0] ?? null),
      p99Ns: quantiles.map((pair) => pair?.[1] ?? null),
    };
  }

  /** The narrowest frame that holds every series in as many slots as one may have. */
  static frameOf(tallies: readonly OpSeriesTally[]): SeriesFrame | undefined {
    const rates = tallies.map((tally) => tally.#rates).filter(({ first, last }) => last >= first);
    if (rates.length === 0) return undefined;
    const starts = rates.map(({ first, width }) => first * width);
    const lasts = rates.map(({ last, width }) => last * width);
    const widths = tallies.flatMap((tally) => [tally.#rates.width, tally.#latencies.width]);
    for (let width = Math.max(...widths); ; width *= 2) {
      const first = Math.floor(Math.min(...starts) / width);
      const last = Math.floor(Math.max(...lasts) / width);
      if (last - first < SLOTS) return { first, last, width };
    }
  }
}
