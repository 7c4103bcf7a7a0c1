import { hasGlob } from "../../core/index.js";
import {
  DataLoader,
  type DatasetFormat,
  type DatasetValue,
  datasetAt,
} from "../../loader/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { hasObjectsBelow } from "./list-entries.js";
import { type EpochFigures, type LoaderProgress, runEpoch } from "./loader-epoch.js";
import {
  type Accelerator,
  LOADER_SHAPES,
  PASSING_UTILISATION,
  type ShapeName,
} from "./loader-shapes.js";
import { type PrepareShapeOptions, prepareShape } from "./prepare-shape.js";

export interface BenchmarkLoaderOptions {
  /** A workload of MLPerf Storage, which decides what is not given here. */
  readonly shape?: ShapeName | undefined;
  /** `h100` unless given. */
  readonly accelerator?: Accelerator | undefined;
  readonly format?: DatasetFormat | undefined;
  readonly batchSize?: number | undefined;
  /** Emulated work of the accelerator on each batch; 0 without a shape. */
  readonly computeSeconds?: number | undefined;
  readonly epochs: number;
  /** Most steps of an epoch. */
  readonly steps?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly prefetch?: number | undefined;
  readonly order?: "stable" | "completion" | undefined;
  readonly shuffle?: boolean | undefined;
  readonly seed?: number | undefined;
  readonly maxBytesInFlight?: number | undefined;
  /** Write the shape's files first where they are missing. */
  readonly prepare?: PrepareShapeOptions | undefined;
  readonly onPrepared?: ((written: number, bytes: number) => void) | undefined;
  readonly onProgress?: ((state: LoaderProgress) => void) | undefined;
}

export interface BenchmarkLoaderResult {
  readonly uri: string;
  readonly format: DatasetFormat;
  readonly shape: ShapeName | undefined;
  readonly accelerator: Accelerator | undefined;
  readonly batchSize: number;
  readonly computeSeconds: number;
  readonly epochs: readonly EpochFigures[];
  readonly samples: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly firstBatchSeconds: number;
  readonly waitSeconds: number;
  /** The mean over epochs, in percent. */
  readonly utilisation: number | undefined;
  /** Whether that is enough for MLPerf Storage; undefined without a shape. */
  readonly passes: boolean | undefined;
  readonly peakBytesInFlight: number;
}

const DEFAULT_BATCH_SIZE = 32;
const DEFAULT_MAX_BYTES = 256 * 1024 ** 2;
/** Batches that may be in flight where samples are so large that the default holds less. */
const BATCHES_IN_FLIGHT = 3;
/** Of a data set with more items some sizes stand for all. */
const SIZES_LOOKED_AT = 10_000;

/**
 * Reads a data set in batches, as a training job with one accelerator does that works on each for a given time, and
 * tells how long it had to wait. Incomplete batches are left out. Throws `invalid-argument` for less than one batch.
 */
export async function benchmarkLoader(
  app: AppContext,
  text: string,
  options: BenchmarkLoaderOptions,
): Promise<BenchmarkLoaderResult> {
  const shape = options.shape === undefined ? undefined : LOADER_SHAPES[options.shape];
  const accelerator = shape === undefined ? undefined : (options.accelerator ?? "h100");
  const batchSize = options.batchSize ?? shape?.batchSize ?? DEFAULT_BATCH_SIZE;
  const shapeSeconds = accelerator === undefined ? 0 : (shape?.computeSeconds[accelerator] ?? 0);
  const computeSeconds = options.computeSeconds ?? shapeSeconds;
  if (options.prepare !== undefined) {
    const { written, bytes } = await prepareShape(app, text, options.shape, options.prepare);
    options.onPrepared?.(written, bytes);
  }
  const { dataset, format, uri, largest } = await open(app, text, options.format ?? shape?.format);
  const loader = new DataLoader<DatasetValue>(dataset, {
    batchSize,
    dropLast: true,
    shuffle: options.shuffle ?? shape?.shuffle,
    seed: options.seed,
    prefetch: options.prefetch,
    order: options.order,
    concurrency: options.concurrency,
    maxBytesInFlight:
      options.maxBytesInFlight ??
      Math.max(DEFAULT_MAX_BYTES, BATCHES_IN_FLIGHT * batchSize * largest),
    signal: app.signal,
  });
  const epochs: EpochFigures[] = [];
  try {
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      loader.setEpoch(epoch);
      const { steps, onProgress } = options;
      const { signal } = app;
      epochs.push(await runEpoch(loader, { epoch, computeSeconds, steps, onProgress, signal }));
    }
  } finally {
    await loader.close();
  }
  const { peakBytesInFlight } = loader.stats;
  const utilisation = mean(epochs.flatMap((one) => one.utilisation ?? []));
  const passes =
    shape === undefined || utilisation === undefined
      ? undefined
      : utilisation >= PASSING_UTILISATION;
  const facts = { uri, format, shape: options.shape, accelerator, batchSize, computeSeconds };
  return { ...facts, epochs, ...totals(epochs), utilisation, passes, peakBytesInFlight };
}

/** The data set that a user means; a name without a slash may be a folder's. */
async function open(app: AppContext, text: string, format: DatasetFormat | undefined) {
  const location = locationOf(text, app.config.cwd);
  const isPattern = hasGlob(location.uri.key);
  const { store, key } = await app.stores.locate(location, isPattern);
  const isFolder =
    !isPattern &&
    key !== "" &&
    !key.endsWith("/") &&
    (await hasObjectsBelow(store, `${key}/`, app.signal));
  const place = isFolder ? `${key}/` : key;
  const opened = await datasetAt(store, place, { format, signal: app.signal });
  const { dataset } = opened;
  let largest = 0;
  if (dataset.kind === "map") {
    const step = Math.ceil(dataset.length / SIZES_LOOKED_AT);
    for (let i = 0; i < dataset.length; i += step) {
      largest = Math.max(largest, dataset.byteLengthOf(i));
    }
  }
  return { ...opened, uri: store.uriOf(place), largest };
}

function totals(epochs: readonly EpochFigures[]) {
  const sum = (figure: (one: EpochFigures) => number) =>
    epochs.reduce((total, one) => total + figure(one), 0);
  const samples = sum((one) => one.samples);
  const bytes = sum((one) => one.bytes);
  const seconds = sum((one) => one.seconds);
  return {
    samples,
    bytes,
    seconds,
    samplesPerSecond: samples / seconds,
    bytesPerSecond: bytes / seconds,
    firstBatchSeconds: epochs[0]?.firstBatchSeconds ?? 0,
    waitSeconds: sum((one) => one.waitSeconds),
  };
}

function mean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((total, value) => total + value, 0) / values.length;
}
