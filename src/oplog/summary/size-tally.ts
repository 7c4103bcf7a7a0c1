import type { OpLogEntry } from "../entry.js";
import { LatencyHistogram } from "./latency-histogram.js";
import { WorkerSet } from "./worker-set.js";

/** Latencies in nanoseconds; quantiles of nearest rank, wrong by at most 0.4 %. */
export interface LatencyFigures {
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Times to the first byte of the reply, in nanoseconds. */
export interface FirstByteFigures {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

/** Figures of requests. All but `errors` and `threads` are of those that succeeded. */
export interface RequestFigures {
  readonly count: number;
  readonly errors: number;
  readonly objects: number;
  readonly bytes: number;
  /** `objects` and `bytes` over the operation's `seconds`; 0 where no time passed. */
  readonly objectsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of a request. */
  readonly meanBytes: number;
  /** Threads of all clients that sent any. */
  readonly threads: number;
  /** Absent where none succeeded. */
  readonly latencyNs?: LatencyFigures;
  /** Absent where the log has none. */
  readonly firstByteNs?: FirstByteFigures;
}

/** Counts the requests of one operation and one range of sizes. */
export class SizeTally {
  errors = 0;
  objects = 0;
  bytes = 0;
  readonly #latency = new LatencyHistogram();
  #firstByte: LatencyHistogram | undefined;
  readonly #workers = new WorkerSet();

  add(row: OpLogEntry, worker: number): void {
    this.#workers.add(worker);
    if (row.error !== "") {
      this.errors++;
      return;
    }
    this.objects += row.objects;
    this.bytes += row.bytes;
    this.#latency.record(row.durationNs);
    if (row.firstByteNs === undefined) return;
    this.#firstByte ??= new LatencyHistogram();
    this.#firstByte.record(row.firstByteNs);
  }

  merge(other: SizeTally): void {
    this.errors += other.errors;
    this.objects += other.objects;
    this.bytes += other.bytes;
    this.#workers.merge(other.#workers);
    this.#latency.merge(other.#latency);
    if (other.#firstByte === undefined) return;
    this.#firstByte ??= new LatencyHistogram();
    this.#firstByte.merge(other.#firstByte);
  }

  figures(seconds: number): RequestFigures {
    const { errors, objects, bytes } = this;
    const latency = this.#latency;
    const firstByte = this.#firstByte;
    return {
      count: latency.count,
      errors,
      objects,
      bytes,
      objectsPerSecond: seconds === 0 ? 0 : objects / seconds,
      bytesPerSecond: seconds === 0 ? 0 : bytes / seconds,
      meanBytes: latency.count === 0 ? 0 : bytes / latency.count,
      threads: this.#workers.size,
      ...(latency.count === 0 ? {} : { latencyNs: latencyFigures(latency) }),
      ...(firstByte === undefined
        ? {}
        : {
            firstByteNs: {
              mean: firstByte.mean,
              p50: firstByte.quantile(0.5),
              p99: firstByte.quantile(0.99),
            },
          }),
    };
  }
}

function latencyFigures(latency: LatencyHistogram): LatencyFigures {
  return {
    mean: latency.mean,
    min: latency.min,
    p50: latency.quantile(0.5),
    p90: latency.quantile(0.9),
    p95: latency.quantile(0.95),
    p99: latency.quantile(0.99),
    max: latency.max,
  };
}
