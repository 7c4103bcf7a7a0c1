import type { OpLogEntry } from "../entry.js";
import { BoundedTally, type CountedText } from "./bounded-tally.js";
import { OpSeriesTally } from "./op-series.js";
import { SIZE_BUCKETS, type SizeBucketLabel, sizeBucketOf } from "./size-buckets.js";
import { type RequestFigures, SizeTally } from "./size-tally.js";
import { TimeSlots } from "./time-slots.js";

const SECOND = 1e9;
/** One-second slots for 68 minutes; in longer runs slots are wider. */
const STEADY_SLOTS = 4096;
/** What warp leaves out at either end, in nanoseconds. */
const STEADY_MARGIN = 2 * SECOND;
const BYTES = 0;
const OBJECTS = 1;
const MAX_MESSAGES = 256;
const SHOWN_MESSAGES = 10;

/** The time of an operation in which all its threads can be thought to be at work. */
export interface SteadyFigures {
  readonly seconds: number;
  readonly objectsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** What an operation was asked for, all sizes and each. */
export interface OpFigures extends RequestFigures {
  readonly op: string;
  /** From the first start to the last end of its requests, failed ones too: all its rates' divisor. */
  readonly seconds: number;
  /** Absent for less than five seconds. */
  readonly steady?: SteadyFigures;
  /** Ranges of sizes that there were requests of, smallest first. */
  readonly sizes: readonly (RequestFigures & { readonly size: SizeBucketLabel })[];
  /** The commonest messages of failed requests, at most 10. */
  readonly messages: readonly CountedText[];
}

/** Counts the requests of one operation. Times are nanoseconds from any one whole second. */
export class OpTally {
  readonly op: string;
  readonly series: OpSeriesTally | undefined;
  start = Number.POSITIVE_INFINITY;
  end = Number.NEGATIVE_INFINITY;
  /** Failed ones too. */
  requests = 0;
  readonly #sizes: (SizeTally | undefined)[] = SIZE_BUCKETS.map(() => undefined);
  readonly #seconds = new TimeSlots({ slots: STEADY_SLOTS, fields: 2, width: SECOND });
  readonly #messages = new BoundedTally(MAX_MESSAGES);

  constructor(op: string, withSeries: boolean) {
    this.op = op;
    this.series = withSeries ? new OpSeriesTally() : undefined;
  }

  add(row: OpLogEntry, start: number, worker: number): void {
    const { bytes, objects } = row;
    const end = start + row.durationNs;
    this.requests++;
    if (start < this.start) this.start = start;
    if (end > this.end) this.end = end;
    const bucket = sizeBucketOf(bytes);
    let size = this.#sizes[bucket];
    if (size === undefined) {
      size = new SizeTally();
      this.#sizes[bucket] = size;
    }
    size.add(row, worker);
    if (row.error !== "") {
      this.#messages.add(row.error);
      this.#seconds.cover(start, end);
      return;
    }
    this.#seconds.spread(start, end, bytes, objects);
    this.series?.add(start, end, bytes, objects);
  }

  figures(): OpFigures {
    const seconds = (this.end - this.start) / SECOND;
    const total = new SizeTally();
    for (const size of this.#sizes) if (size !== undefined) total.merge(size);
    const steady = this.#steady();
    return {
      op: this.op,
      seconds,
      ...total.figures(seconds),
      ...(steady === undefined ? {} : { steady }),
      sizes: SIZE_BUCKETS.flatMap(({ label }, bucket) => {
        const size = this.#sizes[bucket];
        return size === undefined ? [] : [{ size: label, ...size.figures(seconds) }];
      }),
      messages: this.#messages.commonest(SHOWN_MESSAGES),
    };
  }

  #steady(): SteadyFigures | undefined {
    const { width } = this.#seconds;
    const margin = Math.ceil(STEADY_MARGIN / width);
    const first = this.#seconds.first + margin;
    const last = this.#seconds.last - margin;
    if (last < first) return undefined;
    const seconds = ((last - first + 1) * width) / SECOND;
    let bytes = 0;
    let objects = 0;
    for (let slot = first; slot <= last; slot++) {
      bytes += this.#seconds.sum(slot, BYTES);
      objects += this.#seconds.sum(slot, OBJECTS);
    }
    return { seconds, objectsPerSecond: objects / seconds, bytesPerSecond: bytes / seconds };
  }
}
