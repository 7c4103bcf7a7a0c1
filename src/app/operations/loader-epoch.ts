import { systemClock } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { DataLoader, DatasetValue } from "../../loader/index.js";

export interface LoaderProgress {
  readonly epoch: number;
  readonly steps: number;
  readonly samples: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** What one epoch took. Times are in seconds. */
export interface EpochFigures {
  readonly epoch: number;
  readonly steps: number;
  readonly samples: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly firstBatchSeconds: number;
  /** Waited for batches, the first one included. */
  readonly waitSeconds: number;
  /** In percent; see {@link utilisationOf}. Undefined without compute time or a second step. */
  readonly utilisation: number | undefined;
}

export interface EpochOptions {
  readonly epoch: number;
  /** Emulated work of the accelerator on each batch. */
  readonly computeSeconds: number;
  /** Most steps. */
  readonly steps?: number | undefined;
  readonly onProgress?: ((state: LoaderProgress) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Takes the batches of one epoch, and works on each. Throws `invalid-argument` if there is none. */
export async function runEpoch(
  loader: DataLoader<DatasetValue>,
  options: EpochOptions,
): Promise<EpochFigures> {
  const { epoch, computeSeconds, steps: most = Infinity, onProgress, signal } = options;
  const bytesBefore = loader.stats.bytes;
  const startedAt = performance.now();
  let readyAt = startedAt;
  let firstStepMs = 0;
  let firstBatchMs = 0;
  let waitMs = 0;
  let steps = 0;
  let samples = 0;
  for await (const batch of loader) {
    const now = performance.now();
    waitMs += now - readyAt;
    if (steps === 0) firstBatchMs = now - startedAt;
    samples += batch.items.length;
    if (computeSeconds > 0) await systemClock.sleep(computeSeconds * 1000, signal);
    readyAt = performance.now();
    if (steps === 0) firstStepMs = readyAt - startedAt;
    steps++;
    const bytes = loader.stats.bytes - bytesBefore;
    onProgress?.({ epoch, steps, samples, bytes, seconds: (readyAt - startedAt) / 1000 });
    if (steps >= most) break;
  }
  if (steps === 0) {
    throw new LodeError({
      code: "invalid-argument",
      message: "the data set has less than one batch; take a smaller --batch-size or more data",
    });
  }
  const seconds = (readyAt - startedAt) / 1000;
  return {
    epoch,
    steps,
    samples,
    bytes: loader.stats.bytes - bytesBefore,
    seconds,
    firstBatchSeconds: firstBatchMs / 1000,
    waitSeconds: waitMs / 1000,
    utilisation: utilisationOf(steps, computeSeconds, seconds - firstStepMs / 1000),
  };
}

/**
 * Accelerator utilisation of an epoch in percent, as MLPerf Storage defines it (`Rules.md` of
 * github.com/mlcommons/storage): `AU = total_compute_time / total_benchmark_running_time * 100`, where the compute time is
 * the set time of a batch times their number, and the first step counts on neither side (`metric_exclude_start_steps: 1` of
 * DLIO). The set time, not the measured one, so that a thread that wakes up late counts against the loader.
 */
export function utilisationOf(
  steps: number,
  computeSeconds: number,
  secondsAfterFirstStep: number,
): number | undefined {
  if (computeSeconds === 0 || steps < 2) return undefined;
  return Math.min(100, (((steps - 1) * computeSeconds) / secondsAfterFirstStep) * 100);
}
