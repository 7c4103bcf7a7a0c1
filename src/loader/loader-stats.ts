/** What a loader did so far, over all its epochs; times are in milliseconds. */
export interface LoaderStats {
  /** Batches and items handed out. */
  readonly batches: number;
  readonly samples: number;
  /** Bytes that were read for them. */
  readonly bytes: number;
  /** Items left out, and reads that were tried again. */
  readonly skipped: number;
  readonly retries: number;
  /** Time that the consumer waited for batches, the first of each iteration included. */
  readonly waitMs: number;
  /** From the request to the first batch of the last iteration; undefined before it. */
  readonly firstBatchMs: number | undefined;
  /** The most bytes that were in flight at a time. */
  readonly peakBytesInFlight: number;
}

/** Counts for {@link LoaderStats}. */
export class StatsCounter {
  batches = 0;
  samples = 0;
  bytes = 0;
  skipped = 0;
  retries = 0;
  waitMs = 0;
  firstBatchMs: number | undefined;
  peakBytesInFlight = 0;

  get snapshot(): LoaderStats {
    const { batches, samples, bytes, skipped, retries } = this;
    const { waitMs, firstBatchMs, peakBytesInFlight } = this;
    return { batches, samples, bytes, skipped, retries, waitMs, firstBatchMs, peakBytesInFlight };
  }
}
